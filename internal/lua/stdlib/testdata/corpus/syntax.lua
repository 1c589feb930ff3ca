-- What the compiler says about programs that are none.
local pieces = {"local", "function", "end", "if", "then", "else", "elseif", "while", "do", "for", "in", "repeat", "until", "return", "break", "goto", "nil", "true", "not", "and", "or",
  "x", "y", "f", "::l::", "l", "=", "==", "~=", "<", "<=", "+", "-", "*", "/", "//", "%", "^", "#", "&", "|", "~", "<<", ">>", "(", ")", "{", "}", "[", "]", ";", ":", ",", ".", "..", "...", "'s'", "[[s]]", "1", "1.5", "0x", "3e", "'\\q'", "'\\300'", "'\\u{110000}'", "'\\xg'", "'unfinished", "[[unfinished", "[=unfinished", "$", "@", "\\", "\1", "\200", "!", "\n", "--c\n"}
for n = 1, 6000 do
  local list = {}
  for i = 1, draw(9) + 1 do list[i] = pieces[draw(#pieces) + 1] end
  local code = table.concat(list, draw(4) == 0 and "" or " ")
  print(n, show(code), show(select(2, load(code, "=c"))))
end
local valid = "local a, b = 1, 2.5 for i = 1, 10 do a = a + i if a > 5 then b = {x = a, [1] = b; 3} end end local function f(x, ...) return x, ... end while false do break end repeat local z = f(1) until z goto l ::l:: return f(a, b), #'x' .. [[y]], -a ^ 2, not b"
local words = {}
for w in valid:gmatch("%S+") do words[#words + 1] = w end
for i = 1, #words do
  local w = words[i]
  table.remove(words, i)
  print("without", i, show(select(2, load(table.concat(words, " "), "=c"))))
  table.insert(words, i, w)
  for k = 1, 12 do
    words[i] = pieces[draw(#pieces) + 1]
    print("instead", i, words[i], show(select(2, load(table.concat(words, "\n"), "=c"))))
  end
  words[i] = w
end
local function many(name, head, item, sep, tail, n)
  local t = {}
  for i = 1, n do t[i] = (item:gsub("%%", tostring(i))) end
  local f, msg = load(head .. table.concat(t, sep) .. tail, "=c")
  print(name, n, f and "compiles" or msg)
end
for _, n in ipairs{1, 199, 200, 201, 249, 250, 251, 254, 255, 256, 260} do
  many("locals", "local ", "a%", ",", "", n)
  many("parameters", "local function f(", "a%", ",", ") end", n)
  many("arguments", "f(", "a%", ",", ")", n)
  many("numbers", "f(", "%", ",", ")", n)
  many("values", "return ", "%", ",", "", n)
  many("parentheses", "return ", "(", "", "1" .. (")"):rep(n), n)
  many("tables", "return ", "{", "", "1" .. ("}"):rep(n), n)
  many("blocks", "", "do ", "", ("end "):rep(n), n)
  many("functions", "return ", "function() return ", "", "1 " .. ("end "):rep(n), n)
  many("powers", "return ", "2", "^", "", n)
  many("concatenations", "return ", "a%", "..", "", n)
  many("assignments", "", "a%", ",", " = 1", n)
  many("minus", "return ", "- ", "", "1", n)
  many("upvalues", "local a1,a2,a3 local function f() ", "local b% = a1 + a2", " ", " end", math.min(n, 199))
end
