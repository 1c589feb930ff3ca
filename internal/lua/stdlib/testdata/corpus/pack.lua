-- string.pack, unpack and packsize. l, L, T and the plain s and ! are left out: they
-- are as large as on the chip here, and as on its computer in the reference.
local options = {"b", "B", "h", "H", "i", "I", "j", "J", "f", "d", "n", "x", "z", "c", "X", "<", ">", "=", " ", "Xi4", "Xd", "Xx", "!3"}
for n = 0, 18 do
  for _, o in ipairs{"i", "I", "s", "c", "!", "Xi", "X!", "b", "f"} do options[#options + 1] = o .. n end
end
local values = {0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32769, 65535, 65536, 0x7fffff, 0x800000, 0xffffff, 0x1000000,
  0x7fffffff, -0x7fffffff - 1, 0xffffffff, math.maxinteger, math.mininteger, 1.0, 1.5, -0.0, 1e38, 1e39, 1/0, "x", "12", "", "a\0b", {}}
for _, prefix in ipairs{"", "<", ">", "!2", "!4", "!8 b", ">!2 b", "<!16 h"} do
  for _, o in ipairs(options) do
    local spec = prefix .. o
    case("size " .. spec, string.packsize, spec)
    case("two " .. spec, string.packsize, spec .. spec)
    for i, v in ipairs(values) do
      local first = prefix:match("[bh]") and 5
      local function pack()
        if first then return string.pack(spec, first, v) end
        return string.pack(spec, v)
      end
      case(spec .. " " .. i, pack)
      local ok, s = pcall(pack)
      if ok then
        case("back " .. spec .. " " .. i, string.unpack, spec, s)
        case("short " .. spec .. " " .. i, string.unpack, spec, s:sub(1, -2))
      end
    end
  end
end
-- Bytes that are no numbers of this size.
for n = 1, 2000 do
  local s = ""
  for _ = 1, 18 do s = s .. string.char(draw(4) == 0 and draw(256) or draw(2) * 255) end
  local spec = ("<>"):sub(draw(2) + 1):sub(1, 1) .. ("iIjJhHfdnifdn"):sub(draw(13) + 1):sub(1, 1)
  if spec:find("[iI]") then spec = spec .. draw(16) + 1 end
  case("bytes " .. spec .. " " .. n, string.unpack, spec, s, draw(4) + 1)
end
for _, pos in ipairs(edges) do
  case("position " .. tostring(pos), string.unpack, "b", "abc", pos)
end
case("zeros", string.unpack, "zz", "ab\0c\0d")
case("format with zero", string.pack, "b\0b", 1)
case("large", string.packsize, "c2147483647")
case("larger", string.packsize, "c2147483647b")
case("largest", string.packsize, "c2147483648")
