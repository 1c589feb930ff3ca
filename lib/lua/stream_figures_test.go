package lualib_test

// streamFigures are those of fifo and jsonstream.
var streamFigures = []figure{
	{label: "`fifo` in RAM", library: "fifo", code: `fifo = require "fifo"`},
	{label: "`fifo` in the store", store: true, library: "fifo", code: `fifo = require "fifo"`},
	{label: "one queue with 10 numbers", store: true, library: "fifo", before: `fifo = require "fifo"`, code: `q = fifo.new(20)
for i = 1, 10 do q:queue(i) end`},
	{label: "`fifo.socket` of a socket", store: true, library: "fifo", before: `fifo = require "fifo" socket = net.createConnection()`, code: `send = fifo.socket(socket)`},

	{label: "`jsonstream` in RAM", heapBytes: 58 << 10, library: "jsonstream", before: quick, code: `json = require "jsonstream"`},
	{label: "`jsonstream` in the store", store: true, library: "jsonstream", code: `json = require "jsonstream"`},
	{label: "3 KB of JSON and what `sjson.decode` gives", store: true, library: "jsonstream", before: document, code: `
text = file.getcontents("doc.json")
value = sjson.decode(text)`},
	{label: "a reader behind 3 KB of JSON, with one value of each entry", store: true, library: "jsonstream", before: document, code: `
json = require "jsonstream"
values = {}
reader = json.reader({ "list", "*", "temp" }, function(v) values[#values + 1] = v end)
local f = file.open("doc.json")
for piece in function() return f:read(256) end do assert(reader:write(piece)) end
f:close()
assert(reader:finish())`},
}

const (
	quick = "node.egc.setmode(node.egc.ON_MEM_LIMIT, -6144)\n"
	// document makes a file of 3 KB as weather services send them.
	document = `
local f = file.open("doc.json", "w")
f:write('{"list":[')
for i = 1, 36 do
  f:write(('%s{"dt":%d,"temp":%d,"humidity":%d,"text":"light rain","wind":{"speed":%d}}'):format(i > 1 and "," or "", 1700000000 + i * 3600, 10 + i % 7, 50 + i, i % 5))
end
f:write('],"n":36}')
f:close()
`
)
