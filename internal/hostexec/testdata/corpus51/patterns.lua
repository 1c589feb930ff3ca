-- Patterns: many of them over many subjects, with every function that takes one, and made-up ones. Patterns end at a NUL.
local patterns = {"", "a", ".", "a*", "a+", "a-", "a?", ".*", ".-", ".+", "^a", "a$", "^", "$", "^$", "^a*$", "[abc]", "[^abc]", "[a-c]+", "[^a-c]+", "[]]", "[^]]", "[]a]", "[a-]", "[-a]", "[%a]", "[%a-z]", "[a%-z]", "%a+", "%d+", "%s*", "%w+", "%z", "%Z+", "[%z]", "%p",
  "()", "(a)", "(.)(.)", "((a)(b))", "(a*(.)%w(%s*))", "(.-)%s", "%b()", "%bxy", "%b", "%b(", "%f[%w]", "%f[%w]%w+", "%f", "%f[", "%fa", "(%w+) (%w+)", "%1", "(a)%1", "(.)%1", "()%1", "(.*)%1", "%2", "(a", "a)", "(", ")", "()()()", "%", "a%", "[", "[a", "[^", "[%", "[]", "[a-", "%%", "%.", "^^a", "a^b", "a$b",
  "(()())", "()a()", "((((((((((a))))))))))", "(((((((((((a)))))))))))", "a\0b", "\0", "[\0]", "[^\0]+", ".\0.", "a-b", "a*-b", "*", "+", "?a", "-", "a**", "a+*", "(*)", "(a)*", "[a]*", "%d%d?", "x?y?z?$", "^(.-)(%d*)$", "([^,]*),?", "%S+", "%u%l*", "%c", "%x%x", "%g", "\255+", "[\128-\255]", "%A%D%L%P%S%U%W%X"}
local subjects = {"", "a", "aaa", "abc", "abcabc", "hello world", "  x  ", "a,b,,c", "key = value", "f(a(b)c)d", "((", "THE (quick) fox", "a\0b", "\0\0", "2024-02-25", "x1y22z333", "aXb\255\200", "]a]", "%1", "foo.bar.baz", "\n\t\r", ("ab"):rep(20)}
for _, p in ipairs(patterns) do
  for _, s in ipairs(subjects) do
    case("find " .. p, string.find, s, p) case("match " .. p, string.match, s, p) case("find3 " .. p, string.find, s, p, 3) case("match -1 " .. p, string.match, s, p, -1) case("plain", string.find, s, p, 1, true)
    case("gmatch " .. p, function() local t = {} for a, b in string.gmatch(s, p) do t[#t + 1] = tostring(a) .. ":" .. tostring(b) if #t > 50 then break end end return concat(t, "|") end)
    case("gsub0 " .. p, string.gsub, s, p, "<%0>") case("gsub1 " .. p, string.gsub, s, p, "<%1>") case("gsub n " .. p, string.gsub, s, p, "-", 2)
    case("gsub f " .. p, string.gsub, s, p, function(...) return select("#", ...) > 1 and concat({...}, "+") or nil end) case("gsub t " .. p, string.gsub, s, p, {a = "A", b = 7, ["1"] = false})
  end
end
local pieces = {"a", "b", ".", "%a", "%d", "[ab]", "[^a]", "(", ")", "()", "*", "+", "-", "?", "^", "$", "%1", "%b()", "%f[%a]", "%z", "1", " ", "%", "[", "]", "x", "(.)", "(a*)", "%%"}
local letters = {"a", "b", "a", "b", "1", " ", "(", ")", "x", "\0", "%", "."}
for i = 1, 4000 do
  local p, s = {}, {}
  for k = 1, draw(6) + 1 do p[k] = pick(pieces) end
  for k = 1, draw(14) do s[k] = pick(letters) end
  p, s = concat(p), concat(s)
  case("find " .. p, string.find, s, p, draw(3)) case("match " .. p, string.match, s, p)
  case("gsub " .. p, string.gsub, s, p, pick{"%0", "<%1>", "%2", "x", "", "%%", "%", "%a", "a%0b%0"})
  case("gmatch " .. p, function() local t = {} for a, b, c in string.gmatch(s, p) do t[#t + 1] = tostring(a) .. tostring(b) .. tostring(c) if #t > 30 then break end end return concat(t, "|") end)
end
for _, r in ipairs{"%", "%%", "%0", "%1", "%2", "%9", "%a", "%\0", "a\0b", "\0", "%0%0", "%1%2", "", "x%", 5, 7 / 2, true, {}, print, "nil"} do
  for _, p in ipairs{"b", "(b)", "(a)(b)", "()", "", "$", "^a"} do
    case("repl", string.gsub, "abcb", p, r) case("repl", string.gsub, "abcb", p, r, 1) case("repl", string.gsub, "abcb", p, r, 0) case("repl", string.gsub, "abcb", p, r, -1) case("repl", string.gsub, "", p, r, 2147483647)
  end
end
for _, r in ipairs{"s", 5, true, false, {}, print} do case("f", string.gsub, "abc", ".", function() return r end) case("t", string.gsub, "abc", ".", {a = r}) case("mt", string.gsub, "abc", ".", setmetatable({}, {__index = function(_, k) return r end})) end
case("gsub", string.gsub, "abc", ".", function(c) error(c) end) case("gsub", string.gsub, "abc", "b") case("gsub", string.gsub, "abc") case("gsub", string.gsub)
case("gmatch", string.gmatch, "abc") case("gfind", function() return string.gfind == string.gmatch, string.gfind("abc", "b")() end) case("gmatch", function() local f = string.gmatch("a b", "%a") return f(), f(), f(), f() end)
case("deep", string.find, ("a"):rep(12), ("a?"):rep(12) .. "b") case("deep", string.match, ("x"):rep(1000), "(x*)y?$") case("long", function() return #string.match(("x"):rep(50000), ".-y?$") end) case("long", function() return string.find(("a"):rep(2000), ".-b") end)
