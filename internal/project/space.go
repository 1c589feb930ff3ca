package project

// The space that files take in SPIFFS as the firmware configures it
// (app/spiffs/spiffs.c, app/spiffs/spiffs_nucleus.h). A test compares it with
// what flashdir counts.
const (
	pageData     = 256 - 5        // content in a page
	firstIndex   = (256 - 46) / 2 // page numbers in the first index page of a file
	furtherIndex = (256 - 8) / 2  // and in the others
	// flashReserve is what cannot be filled: the page that is counted but never
	// used, and one that SPIFFS wants to have left when it begins to write.
	flashReserve = 2 * pageData
)

// flashCost is what a file of that size takes, in the bytes that the file
// system counts.
func flashCost(size int) int {
	data := (size + pageData - 1) / pageData
	pages := data + 1
	if data > firstIndex {
		pages += (data - firstIndex + furtherIndex - 1) / furtherIndex
	}
	return pages * pageData
}
