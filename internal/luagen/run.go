package luagen
func runnable(seed uint64, size int) string { return "" }
