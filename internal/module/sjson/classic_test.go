package sjson_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/sjson"
)

const classicCode = `assert(cjson.encode({a = 1, b = {true, cjson.null}}):find('"b":%[true,null%]'))
local t = cjson.decode('{"a":[1,null,"x"],"b":{}}')
assert(t.a[1] == 1 and t.a[2] == cjson.null and t.a[3] == "x" and type(t.b) == "table")
assert(sjson.NULL == cjson.null and sjson.decode("[null]")[1] == sjson.NULL and sjson.encode({sjson.NULL}) == "[null]")
assert(type(cjson.null) == (_VERSION == "Lua 5.1" and "lightfunction" or "userdata") and not pcall(cjson.decode, "{") and not pcall(cjson.encode))
for k in pairs(cjson) do n = (n or 0) + 1 end assert(n == 3)`

func TestClassic(t *testing.T) { moduletest.Editions(t, testClassic) }

func testClassic(t *testing.T) {
	moduletest.Boot(t, moduletest.Config{Modules: []state.Module{sjson.Classic, sjson.CJSON}}).Do(classicCode)
	moduletest.Boot(t, moduletest.Config{Modules: []state.Module{sjson.Module}}).Do("assert(not cjson and not sjson.NULL)")
}
