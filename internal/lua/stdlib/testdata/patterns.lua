-- find, match, gmatch and gsub.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, ...)
  local got = {}
  for i = 1, select("#", ...) do got[i] = tostring((select(i, ...))) end
  got = table.concat(got, "|")
  assert(got == want, "got '" .. got .. "', want '" .. want .. "'")
end

-- plain search
is("3|4", ("hello"):find("ll"))
is("nil", ("hello"):find("lll"))
is("1|0", (""):find(""))
is("6|5", ("hello"):find("", 6))
is("nil", ("hello"):find("", 7))
is("4|4", ("hello"):find("l", -2))
is("1|1", ("hello"):find("h", -100))
is("2|4", ("a.*b"):find(".*b", 1, true))
is("3|3", ("a\0b"):find("b"))
is("2|3", ("a\0b"):find("\0b"))
is("1|1", ("a+b"):find("a", 1, false))

-- classes, complements, sets
is("%|5", ("a%5"):match("(%%)(%d)"))
is("abc", ("abc123"):match("%a+"))
is("123", ("abc123"):match("%A+"))
is("_x1", ("-_x1-"):match("[_%w]+"))
is("]", ("a]b"):match("[]]"))
is("a", ("a]b"):match("[^]]"))
is("-", ("a-b"):match("[-b]"))
is("-", ("a-c"):match("[b-]"))
is("b", ("a-b"):match("[^a-]"))
is("^", ("a^"):match("[%^x]"))
is("x-z", ("a x-z"):match("[x-z-]+"))
is("%a", ("%a"):match("[%%a]+"))
is("f0", ("0xf0"):match("%x%x$"))
is(" \t\r\n\v\f", ("x \t\r\n\v\fy"):match("%s+"))
is(".,!", ("a.,!b"):match("%p+"))
is("\1\127", ("a\1\127b"):match("%c+"))
is("a!", (" a! "):match("%g+"))
is("\0", ("a\0b"):match("%z"))
is("ab", ("a\0ab"):match("%Z+", 2))
is("\0\0", ("a\0\0"):match("\0+"))
is("é", ("é"):match("[\xC3][\xA9]"))
is("nil", ("é"):match("%a"))

-- repetitions
is("aaa", ("aaa"):match("a*"))
is("", ("aaa"):match("a-"))
is("aaab", ("aaab"):match("a-b"))
is("b", ("b"):match("a?b"))
is("ab", ("ab"):match("a?b"))
is("", ("b"):match("a*"))
is("nil", ("b"):match("^a+"))
is("<b>", ("<a<b>c>"):match("<[^<>]*>"))
is("x=1; ", ("x=1; y=2"):match(".-; "))
is("nil", ("aaa"):match("^a?$"))

-- anchors, frontier, balance
is("nil", ("xa"):match("^a"))
is("a$b", ("a$b"):match("a$b"))
is("nil", ("ab"):find("a$"))
is("3|3", ("aba"):find("a$", 2))
is("10|12", ("xTHE end THE"):find("%f[%w]THE%f[%W]"))
is("the", (" the"):match("%f[%a]%a+"))
is("4|3", ("abc"):find("%f[\0]"))
is("1|0", ("abc"):find("%f[%a]"))
is("(a(b)c)", ("x(a(b)c)d)"):match("%b()"))
is("nil", ("((a)"):match("^%b()"))
is("''", ("a''b"):match("%b''"))

-- captures
is("key|val", ("key = val"):match("(%w+)%s*=%s*(%w+)"))
is("1|4", ("abc"):match("()abc()"))
is("ab|a|b", ("ab"):match("((a)(b))"))
is("2|2|b|3", ("abc"):find("(b)()"))
is('"|x', ('"x"'):match("([\"'])(.-)%1"))
is("nil", ('"x\''):match("^([\"'])(.-)%1$"))
is("1", (""):match("()"))
is("", ("abc"):match("(b?)"))
fails("invalid capture index %1", string.match, "a", "%1")
fails("invalid capture index %0", string.match, "a", "%0")
fails("invalid capture index %2", string.match, "aa", "(a)%2")
fails("invalid capture index %1", string.match, "aa", "(a%1)")
fails("unfinished capture", string.match, "a", "(a")
fails("invalid pattern capture", string.match, "a", "a)")
fails("malformed pattern (ends with '%')", string.match, "a", "a%")
fails("malformed pattern (ends with '%')", string.match, "a", "%")
fails("malformed pattern (missing ']')", string.match, "a", "[a")
fails("malformed pattern (missing ']')", string.match, "a", "[]")
fails("malformed pattern (missing ']')", string.match, "a", "[^")
fails("malformed pattern (missing ']')", string.match, "a", "[a%")
fails("malformed pattern (missing ']')", string.match, "a", "[%]")
fails("missing '[' after '%f' in pattern", string.match, "a", "%fa")
fails("missing arguments to '%b'", string.match, "a", "%b")
fails("missing arguments to '%b'", string.match, "a", "%ba")
fails("too many captures", string.match, ("a"):rep(40), ("(a)"):rep(33))
assert(select("#", ("a"):rep(40):match(("(a)"):rep(32))) == 32)
fails("pattern too complex", string.match, ("a"):rep(300), ("a?"):rep(300))
fails("pattern too complex", string.match, ("x"):rep(300), ("x-"):rep(300) .. "y")
is("", ("b"):match(("a*"):rep(300)))
is("", ("b"):match(("a?"):rep(300)))
is("", ("b"):match(("a-"):rep(300)))

-- gmatch
do
  local out = {}
  for w in ("one two  three"):gmatch("%a+") do out[#out + 1] = w end
  is("one|two|three", table.unpack(out))
  out = {}
  for k, v in ("a=1, b=2"):gmatch("(%w)=(%w)") do out[#out + 1] = k .. v end
  is("a1|b2", table.unpack(out))
  out = {}
  for p in ("abc"):gmatch("()") do out[#out + 1] = p end
  is("1|2|3|4", table.unpack(out))
  out = {}
  for m in ("aXbX"):gmatch("[^X]*") do out[#out + 1] = "<" .. m .. ">" end
  is("<a>|<b>|<>", table.unpack(out))
  local n = 0
  for _ in ("xxx"):gmatch("^x") do n = n + 1 end
  assert(n == 0) -- no anchors in gmatch
  local it = ("ab"):gmatch(".")
  is("a", it()); is("b", it())
  assert(select("#", it()) == 0)
  fails("string expected", string.gmatch, "x")
end

-- gsub
is("hexxo|2", ("hello"):gsub("l", "x"))
is("hexlo|1", ("hello"):gsub("l", "x", 1))
is("hello|0", ("hello"):gsub("l", "x", 0))
is("hello|0", ("hello"):gsub("l", "x", -5))
is("-a-b-|3", ("ab"):gsub("", "-"))
is("<a><b>|2", ("ab"):gsub(".", "<%0>"))
is("ba|1", ("ab"):gsub("(a)(b)", "%2%1"))
is("1a2b3|3", ("ab"):gsub("()", "%1"))
is("%|1", ("a"):gsub("a", "%%"))
is("x-x|1", ("a"):gsub("a", "x-x"))
is("Hello World|2", ("hello world"):gsub("%a+", function(w) return w:sub(1, 1):upper() .. w:sub(2) end))
is("a1c|3", ("abc"):gsub("%a", {b = 1, c = false}))
is("abc|3", ("abc"):gsub(".", function() end))
is("xbc|1", ("abc"):gsub("^a", "x"))
is("abc|0", ("abc"):gsub("^b", "x"))
is("1bb|1", ("abb"):gsub("a", 1))
is("a.b|1", ("a,b"):gsub(",", "."))
is("|0", (""):gsub("x", "y"))
is("y|1", (""):gsub("", "y"))
is("abc|1", ("  abc  "):gsub("^%s*(.-)%s*$", "%1"))
is("x|1", ("a\0b"):gsub("a%zb", "x"))
is("\0x\0|1", ("\0a\0"):gsub("a", "x"))
fails("invalid use of '%' in replacement string", string.gsub, "a", "a", "%x")
fails("invalid use of '%' in replacement string", string.gsub, "a", "a", "%")
fails("invalid capture index %2", string.gsub, "a", "(a)", "%2")
fails("invalid replacement value (a table)", string.gsub, "a", "a", function() return {} end)
fails("invalid replacement value (a boolean)", string.gsub, "a", "a", {a = true})
fails("string/function/table expected", string.gsub, "a", "a")
fails("string/function/table expected", string.gsub, "a", "a", true)
do -- longer than any buffer on the stack
  local long = ("abc "):rep(500)
  local r, n = long:gsub("%w+", "<%0>")
  assert(n == 500 and #r == 3000 and r:sub(1, 12) == "<abc> <abc> ")
  r, n = long:gsub("b", function(x) return x:upper() end)
  assert(n == 500 and r == ("aBc "):rep(500))
  assert(#long:gsub(".", {a = ("y"):rep(20)}) == 500 * 23)
end
return "ok"
