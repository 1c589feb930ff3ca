-- string.format with every option, flag, width and precision. Left out: items of more than 127 bytes, which overflow a
-- buffer of C: %f of what is huge.
local flags = {"", "-", "+", " ", "#", "0", "-+", "- ", "-#", "-0", "+ ", "+#", "+0", " #", " 0", "#0", "-+0", "+#0", "-+ #0", "--", "00"}
local widths, precisions = {"", "1", "7", "20"}, {"", ".", ".0", ".1", ".3", ".12"}
local options = {"d", "i", "u", "o", "x", "X", "c"}
if not int then for _, o in ipairs{"e", "E", "f", "g", "G"} do options[#options + 1] = o end end
local values = {}
for i = 1, #edges, int and 1 or 4 do values[#values + 1] = edges[i] end
values[#values + 1] = edges[#edges] values[#values + 1] = edges[#edges - 4]
local function run(o)
  for _, f in ipairs(flags) do
    for _, w in ipairs(widths) do
      for _, p in ipairs(precisions) do
        local spec = "%" .. f .. w .. p .. o
        for _, v in ipairs(values) do
          if o ~= "f" or v * 0 == 0 and v < 2^99 and v > -2^99 then case(spec, format, spec, v) end
        end
      end
    end
  end
end
for _, o in ipairs(options) do run(o) end
