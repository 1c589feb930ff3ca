package spiffs

// Pages is how many pages a file of a size takes: those of its data, and those of its
// index, the first of which is its header.
func Pages(size int) (data, index int) {
	data = (size + DataSize - 1) / DataSize
	index = 1
	if data > headerSlots {
		index += (data - headerSlots + indexSlots - 1) / indexSlots
	}
	return data, index
}

// Capacity is the number of pages that files can have.
func (g Geometry) Capacity() int { return g.capacity() }

// Least is a size, in whole blocks of 8 KB and not less than 32 KB, below which a new file
// system has no room for files of some sizes that are written one after the other, each
// with one write.
//
// It is what makeRoom asks for: a page for each header, and for the data one more than they
// take. What the files before have taken never becomes less.
func Least(sizes []int) int {
	used, need := 0, 0
	for _, n := range sizes {
		data, index := Pages(n)
		if n > 0 {
			need = max(need, used+1+data+1)
		}
		need = max(need, used+1)
		used += data + index
	}
	entries := Geometry{Block: blockSize}.entries()
	blocks := (need+entries-1)/entries + 2
	return max(blocks, blocksMin) * blockSize
}
