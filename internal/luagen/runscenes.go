package luagen

// Scenarios: little programs about one subject, in templates. Their variables
// have names of one or two letters, which no others have.

var libraryScenarios = []string{
	// Patterns.
	`for w in ($s):gmatch($P) do show(w) end`,
	`local n = 0 for a, b in ($s .. $s):gmatch($P) do n = n + 1 show(n, a, b) end`,
	`show(($s):find($P)) show(($s):find($P, $d)) show(($s):find($P, -$d)) show(($s):match($P, $d))`,
	`show(($s):gsub($P, $R)) show(($s):gsub($P, $R, $t))`,
	`show(($s):gsub('%w+', function(w) step() return $b and w:upper() end))`,
	`local t = {hello = 'bye', a = $i, x = $b} show(($s):gsub('%w+', t))`,
	`show(($s):find($S, $d, true), ($s):find($S, $i, true))`,
	`try(string.gsub, $s, $M, $R) try(string.find, $s, $M)`,
	`local k, v = ('key=value'):match('(%w+)=(%w+)') show(k, v, (k .. $s):rep(2, v))`,
	`show(('x'):rep($d, $S), (''):rep($t), ($s):rep(0))`,
	// Formats.
	`show(string.format('%5d|%-5d|%05d|%+d|% d', $i, $i, $i, $i, $i))`,
	`show(string.format('%x|%X|%#x|%o|%c', $i, $i, $i, $i, $c))`,
	`show(string.format('%g|%g|%g', num($n), num($n), num($n)))`,
	`show(string.format('%.3f|%10.1f|%-10.2f|%+.0f', num($n), num($n), num($n), num($n)))`,
	`show(string.format('%e|%.2E|%G', num($n), num($n), num($n)))`,
	`show(string.format('%s|%10s|%-10s|%.3s|%q', $i, clean($s), clean($s), clean($s), $s))`,
	`show(string.format('%q', $i), string.format('%q', $b), string.format('%q', $s .. '\r\n\0001'))`,
	`show(string.format('%%|%i|%u', $i, $d))`,
	// Packed data.
	`local s = string.pack('<i4>i4<i2', $i & 0x7fffffff, -($i & 0xffff), $d) show(s:byte(1, -1))
		show(string.unpack('<i4>i4<i2', s))`,
	`local s = string.pack('z s1 s2', clean($s), $s, $s) show(#s) show(string.unpack('z s1 s2', s))`,
	`local s = string.pack('<f>d', num($n), num($n)) show(s:byte(1, -1)) show(string.unpack('<f>d', s))`,
	`try(string.pack, $K, $i, $i) try(string.pack, $K, $s) try(string.unpack, $K, $s .. $s)
		try(string.packsize, $K)`,
	`show(string.packsize('<i4 i2 i1'), string.packsize('!4 i1 i4'), 
		string.pack('!4 i1 !4 i4', $d, $d):byte(1, -1))`,
	`for i = 1, 4 do try(string.unpack, '<I' .. i, $s, $t) end`,
	// Tables.
	`local t = {$i, $i, $i, $i, $i} table.sort(t)
		show(table.unpack(t)) table.sort(t, function(a, b) return a > b end) show(table.concat(t, ' '))`,
	`local t = {$s, $s, $s, $s} table.sort(t) show(table.concat(t, '|'))`,
	`local t = {$n, $n, $n} try(table.sort, t, function(a, b) return num(a) < num(b) end)`,
	`local t = {} for i = 1, 60 do t[i] = i * $z % 61 end table.sort(t) show(table.concat(t, ',', $z, 20))`,
	`local t = table.pack($a, $a, nil) show(t.n, #table.pack($i, $i)) show(select('#', table.unpack(t, 1, t.n)))`,
	`local t = table.move({$i, $i, $i}, 1, 3, $z) for i = 1, 12 do t[i] = t[i] or $d end
		show(table.concat(t, ' '))`,
	`local t = {1, 2, 3} show(table.remove(t, $t | 1), #t, table.remove(t), #t, table.remove({}))`,
	`local t = {} for i = 1, $d do t[#t + 1] = i * i end show(#t, t[#t], t[#t + 1], rawlen(t), next({}))`,
	`local t = {x = $i, y = $s, [$d] = $n, [$s] = 1, [1.5] = 2} local k = {}
		for n in pairs(t) do k[#k + 1] = tostring(n) end table.sort(k) show(table.concat(k, ' '))`,
	`local t = {} t[1] = $i t[2.0] = $i t[2^53] = 1 show(#t, t[1.0], t[2], rawget(t, 2))`,
	`try(function() local t = {} t[$a] = $i return rawlen(t) end)`,
	`local t = {n = 0} for i = 1, 3 do t['k' .. i] = $n end
		for i = 3, 1, -1 do show(t['k' .. i]) t['k' .. i] = nil end show(next(t))`,
	// Numbers.
	`show(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2, math.mininteger // -1,
		math.mininteger % -1, -math.mininteger, math.abs(math.mininteger))`,
	`show($D // $z, $D % $z, $D // -$z, $D % -$z, -7 // 2, -7 % 2, 7 // -2, 7 % -2, -7 // 2.0, -7 % 2.0)`,
	`show($N // $z, $N % $z, $N // -0.5, $N % -0.5, 5 % math.huge, -5 % math.huge, 5.0 // 0, -5 // 0.0)`,
	`show($D << $d, $D >> $d, $D << 31, $D >> 31, $D << 32, $D << 64, $D >> -1, 1 << 62, ~$D, $D ~ -1)`,
	`show(math.tointeger($N), math.tointeger($D), math.tointeger(3.0), math.tointeger(3.5), math.tointeger('8'),
		math.type($N), math.type($D), math.type($s))`,
	`show($D == $N, $D < $N, $D <= $N, $N < $D, 1 == 1.0, math.maxinteger < math.huge,
		math.mininteger <= -math.huge)`,
	`show(16777217 == 16777216.0, 16777217 < 16777216.0, math.maxinteger + 0.0 == math.maxinteger,
		math.maxinteger + 0.0 > math.maxinteger, math.mininteger + 0.0 == math.mininteger)`,
	`show(tonumber($S), tonumber($S, 10), tonumber($S, 16), tonumber(' 0x1p4 '), tonumber('1e'), tonumber('0x'),
		tonumber(''), tonumber('1 2'), tonumber('\t9\n'))`,
	`show(tonumber('ff', 16), tonumber('-zz', 36), tonumber('8', 8), tonumber('1111', 2),
		tonumber('7fffffffffff', 16), tonumber('1e1'), tonumber('.5'), tonumber('5.'), tonumber('1_0'))`,
	`show('10' + 5, '3' * '4', 10 .. 20, '0x10' + 0, -'2', '5' // 1, '7' % 4, 2 ^ '3', '1e1' * 1)`,
	`try(function() return $S + $d end) try(function() return $S & $d end) try(function() return -$S end)
		try(function() return $N | $d end)`,
	`show(math.floor($N), math.ceil($N), math.modf(num($n))) show(math.fmod($i, $z), math.fmod(-$d, $z),
		math.fmod(num($N), 2))`,
	`show(math.max($n, $n, $n), math.min($i, $n), math.ult($D, $D), math.abs($N), math.sqrt(16), math.pi)`,
	`local x = $N for i = 1, 5 do x = x * 2 + $d show(x, math.type(x), num(x) // 1) end`,
	`local h = $i for i = 1, #$s do h = h * 31 + i & 0xffff end show(h)`,
	// Characters.
	`show(utf8.char($c, 228, 8364, 65536, 1114111):byte(1, -1))
		show(utf8.len($s), utf8.len('äö€'), utf8.codepoint('aä€', 1, -1))`,
	`for p, c in utf8.codes('aä€z') do show(p, c) end
		show(utf8.offset('aä€z', $t), utf8.offset('aä€z', -$t), utf8.len('aä€z', $z))`,
	`try(utf8.codepoint, $s, 1, -1) try(utf8.len, $s, $d) try(utf8.char, $D) show(utf8.charpattern)`,
	`show(($s):byte(1, -1)) show(string.char($c, $c), #$s, ($s):len(), ($s):reverse(), ($s):upper(),
		($s):lower())`,
	`show(($s):sub($d), ($s):sub(-$d), ($s):sub($d, $d), ($s):sub($i, $i), ($s):sub(0), ($s):sub(2, -2))`,
	`show($s < $s, $s <= $s, $s == $s, 'a' < 'b', 'a' < 'B', '' < 'a', 'a\0b' < 'a\0c', 'Z' < 'a', '10' < '9')`,
}

var metaScenarios = []string{
	`local mt = {} for i, e in ipairs({'add', 'sub', 'mul', 'div', 'mod', 'pow', 'unm', 'idiv', 'band', 'bor',
		'bxor', 'shl', 'shr', 'bnot', 'concat'}) do
		mt['__' .. e] = function(a, b) show(e, type(a), type(b)) return $n end end
		local o = setmetatable({}, mt)
		show(o + 1, 1 - o, o * o, o / $i, $n % o, o ^ 2, -o, o // 1, o & 1, 1 | o, o ~ o, o << 1, 1 >> o, ~o,
		o .. 'x', 'x' .. o, 1 .. o, o .. o)`,
	`local V = {} V.__index = V function V.new(x) return setmetatable({v = x}, V) end
		V.__add = function(a, b) return V.new((type(a) == 'table' and a.v or a) +
		(type(b) == 'table' and b.v or b)) end
		V.__eq = function(a, b) step() return a.v == b.v end V.__lt = function(a, b) return a.v < b.v end
		V.__le = function(a, b) return a.v <= b.v end
		V.__tostring = function(a) return 'V' .. a.v end V.__len = function(a) return a.v end
		V.__call = function(self, ...) return self.v, select('#', ...), ... end
		V.__concat = function(a, b) return tostring(a) .. tostring(b) end function V:get(x) return self.v + x end
		local a, b = V.new($i), V.new($i) show((a + b).v, (a + 1).v, ($i + b).v, a == b, a ~= b, a < b, a <= b,
		a > b, a >= b, tostring(a), #b, a:get($i))
		show(a($i, nil, $s)) show(a .. b, a .. 'x', 1 .. b) try(function() return a - b end)
		try(function() return a < 1 end) try(function() return a.v.w.x end)`,
	`local o = setmetatable({}, {__lt = function(a, b) return $b end}) show(o < o, o > o, o < 1, 'x' < o)
		show(o <= o, o >= o, 1 <= o)`,
	`local o = setmetatable({}, {__le = function(a, b) return $a end}) show(o <= o, o >= 1)
		try(function() return o < o end)`,
	`local n = 0 local o = setmetatable({}, {__index = function(t, k) n = n + 1
		return k == 'self' and n or $i end}) show(o.x, o[1], o.self, o[$a], rawget(o, 'x'), n)`,
	`local a = {x = $i} local b = setmetatable({y = $s}, {__index = a})
		local c = setmetatable({}, {__index = b}) show(c.x, c.y, c.z) a.z = $n show(c.z, rawget(c, 'z'))`,
	`local l = {} local o = setmetatable({}, {__newindex = function(t, k, v)
		l[#l + 1] = text(k) .. '=' .. text(v) rawset(t, k, v) end})
		o.x = $i o.x = $i o[1] = $s o[2] = nil show(table.concat(l, ' '), o.x, o[1])`,
	`local t = {} local o = setmetatable({}, {__newindex = t, __index = t}) o.x = $i o.y = $s
		show(rawget(o, 'x'), o.x, t.y, next(o))`,
	`local o = setmetatable({}, {__newindex = 5, __index = 'text'}) try(function() o.x = 1 end)
		try(function() return o.x, o.len end)`,
	`local o = setmetatable({}, {__call = function(self, a, ...) if a == nil then return 'none' end
		return a, ... end}) show(o()) show(o($a, $i)) show(pcall(o, $s)) show(select('#', o(nil, 1)))`,
	`local o = setmetatable({}, {__call = setmetatable({}, {__call = function(...)
		return select('#', ...) end})}) try(o, 1) try(function() return o(1, 2) end)`,
	`local o = setmetatable({}, {__tostring = function() return $a end})
		try(function() return type(tostring(o)) end) local p = setmetatable({}, {__name = 'My.Type'})
		try(function() return p + 1 end) try(string.rep, p) try(math.abs, p)`,
	`local o = setmetatable({}, {__metatable = $S}) show(getmetatable(o)) try(setmetatable, o, {})
		show(getmetatable('').__index == string, getmetatable(getmetatable(o)) ~= nil)`,
	`local o = setmetatable({}, {__len = function() return $d end}) show(#o, rawlen(o)) try(table.unpack, o)
		try(table.concat, o) try(table.insert, o, $i) show(rawlen(o))`,
	`local o = setmetatable({}, {__index = function(t, i) if i <= 3 then return i * $d end end})
		for i, v in ipairs(o) do show(i, v) end show(table.unpack(o, 1, 4))
		show(table.concat(setmetatable({}, {__index = function(t, i) return i end,
		__len = function() return 3 end}), '-'))`,
	`local o = setmetatable({}, {__pairs = function(t) return function(_, k) if k < 3 then return k + 1,
		$i end end, t, 0 end}) for k, v in pairs(o) do show(k, v) end`,
	`local o = setmetatable({}, {__eq = function() show('eq') return $a end})
		local p = setmetatable({}, getmetatable(o)) show(o == p, o ~= p, o == o, o == 1, rawequal(o, p))
		local q = setmetatable({}, {}) show(q == o, o == q)`,
	`local o = setmetatable({}, {__add = function(a, b) return nil end, __concat = function(a, b) return $s end,
		__unm = function(a) error($s, 0) end}) show(o + o, o .. o .. 'x', 'x' .. o .. 1)
		try(function() return -o end) try(function() return o - 1 end)`,
	`local o = setmetatable({}, {__index = function(t, k) error('no field ' .. text(k), $t) end,
		__newindex = function(t, k) error({}) end}) try(function() return o.x end) try(function() o.x = 1 end)
		try(function() return o[$a] end)`,
	`local A = {} A.__index = A function A.new(c, x) return setmetatable({x = x}, c) end
		function A:f(y) return self.x + y end
		local B = setmetatable({}, {__index = A}) B.__index = B function B:f(y) return A.f(self, y) * 2 end
		function B:g(...) return self:f(...) end
		local a, b = A:new($i), B.new(B, $i) show(a:f($i), b:f($i), b:g($i, $s), a.g, rawget(B, 'new'))
		try(function() return a:g(1) end) try(function() return b:f() end) try(function() return b.f($i) end)`,
	`local o = setmetatable({}, {__mode = $b and 'k' or 'v'}) o[1] = {} o[{}] = 1 o.x = $i collectgarbage()
		collectgarbage() show(o.x)`,
	`coroutine.wrap(function() setmetatable({}, {__gc = function(o) show('gc', $i) end}) end)()
		collectgarbage() collectgarbage()`,
	`local n = 0 coroutine.wrap(function() for i = 1, 5 do setmetatable({},
		{__gc = function() n = n + i end}) end end)() collectgarbage() collectgarbage() show('collected', n)`,
	`local mt = {__index = function(t, k) local v = k * 2 rawset(t, k, v) return v end}
		local m = setmetatable({}, mt) show(m[$d], m[1], m[1], rawget(m, 2)) try(function() return m.x end)`,
	`local p = setmetatable({}, {__index = _G}) local f = load('x = ... return x, type(print)', 'chunk', 't', p)
		show(f($i)) show(rawget(p, 'x'), x)`,
	`local o = setmetatable({}, {__shl = function(a, b) return 'shl' end, __idiv = function() return 'idiv' end,
		__bnot = function() return 'bnot' end}) show(o << 1, 1.5 << o, o // 0, ~o)
		try(function() return o >> 1 end) try(function() return 1.5 | o end)`,
	`local e = setmetatable({}, {__tostring = function() return 'an error' end}) show(pcall(error, e))
		local ok, m = pcall(error, e) show(ok, m == e, tostring(m))`,
	`local t = setmetatable({}, {__index = string}) show(t.rep('ab', 2), t.format('%d', $i))
		try(function() return t:rep(2) end) try(function() return ($i):rep(2) end)`,
}

var coroutineScenarios = []string{
	`local co = coroutine.wrap(function(...) local a = ... for i = 1, 3 do show('in', a) a = coroutine.yield(i,
		a) end return 'end', $s end) show(co($i)) show(co($s)) show(co()) show(co(nil)) try(co)`,
	`local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c)
		return d, e end)
		show(coroutine.resume(co, $i, $i)) show(coroutine.status(co)) show(coroutine.resume(co, $s))
		show(coroutine.resume(co, $i, $b)) show(coroutine.status(co), coroutine.resume(co))`,
	`local co = coroutine.create(function() $F error($a) end) show(coroutine.resume(co))
		show(coroutine.status(co)) show(coroutine.resume(co))`,
	`local co = coroutine.create(function() local x = $x return x end) show(coroutine.resume(co))
		show(coroutine.status(co))`,
	`local co = coroutine.wrap(function() show(pcall(function() coroutine.yield($i) error($s) end))
		coroutine.yield(2) return $x end) show(co()) show(co()) try(co)`,
	`local co = coroutine.wrap(function() local ok, e = pcall(function() local a = coroutine.yield(1)
		return a + $a end) show(ok, e) return ok end) show(co()) show(co($a))`,
	`local co = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) error('inner') end,
		function(m) return m .. ' handled' end) end) show(co()) show(co())`,
	`local o = setmetatable({}, {__add = function(a, b) return coroutine.yield('add') end,
		__index = function(t, k) return coroutine.yield(k) end, __lt = function() return coroutine.yield('lt') end,
		__le = function() return coroutine.yield('le') end, __eq = function() return coroutine.yield('eq') end,
		__concat = function(a, b) return coroutine.yield('concat') end,
		__call = function(...) return coroutine.yield('call') end,
		__len = function() return coroutine.yield('len') end, __unm = function() return coroutine.yield('unm') end,
		__newindex = function() coroutine.yield('newindex') end})
		local p = setmetatable({}, getmetatable(o))
		local co = coroutine.wrap(function() show(o + 1, o.x, o < p, o <= p, o == p, o ~= p, o .. 'x',
		'a' .. 'b' .. o .. 'c', o($i), #o, -o) o.y = 1 if o < p then show('yes') end return 'done' end)
		local r for i = 1, 20 do if r == 'concat' then r = co(i) else r = co($b) end show(r)
		if r == 'done' then break end end`,
	`local co = coroutine.wrap(function() for k in (function() return coroutine.yield('next') end) do
		show(k) end return 'end' end) show(co()) show(co(1)) show(co(nil))`,
	`try(coroutine.wrap(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield(a) return a < b end)
		end)) try(coroutine.wrap(function() return ($s .. 'x'):gsub('.', function(c) coroutine.yield(c) end) end))`,
	`try(coroutine.yield, 1) show(coroutine.isyieldable(), select(2, coroutine.running()))
		coroutine.wrap(function() show(coroutine.isyieldable(), select(2, coroutine.running())) end)()`,
	`local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
		local function map(f, g) return coroutine.wrap(function() for x in g do coroutine.yield(f(x)) end end) end
		for x in map(function(x) return x * $i end, gen($t)) do show(x) end`,
	`local function tree(n) if n > 0 then tree(n - 1) coroutine.yield(n) tree(n - 1) end end local l = {}
		for n in coroutine.wrap(function() tree(3) end) do l[#l + 1] = n end show(table.concat(l))`,
	`local co co = coroutine.create(function() show(coroutine.resume(co)) show(coroutine.status(co)) end)
		show(coroutine.resume(co)) show(coroutine.resume(co))`,
	`local a, b a = coroutine.create(function() show(coroutine.status(a), coroutine.resume(b)) end)
		b = coroutine.create(function()
		show(coroutine.status(a), coroutine.status(b), coroutine.resume(a)) end) show(coroutine.resume(a))`,
	`local co = coroutine.wrap(function(...) local n = select('#', ...) while n > 0 do n = select('#',
		coroutine.yield(n)) end return 'zero' end) show(co(1, nil), co(nil, nil, nil), co(), 1)`,
	`local l = {} for i = 1, 3 do l[i] = coroutine.wrap(function()
		for j = 1, i do coroutine.yield(i * 10 + j) end end) end for r = 1, 3 do for i = r, 3 do
		show(l[i]()) end end`,
	`local co = coroutine.create(function() local t = {} for i = 1, 3 do t[i] = coroutine.yield(t[i - 1]) end
		return table.unpack(t) end) for i = 0, 4 do show(coroutine.resume(co, $i)) end`,
	`local co = coroutine.wrap(function() error({code = $i}) end) local ok, e = pcall(co)
		show(ok, type(e), e.code) local ok, m = pcall(co) show(ok, m)`,
	`local co = coroutine.wrap(function() return pcall(pcall, coroutine.yield, 1) end) show(co())
		show(co($i, $s)) local cp = coroutine.wrap(function() return pcall(error, coroutine.yield(1)) end)
		show(cp()) show(cp($a))`,
	`local f = coroutine.wrap(function(...) return coroutine.yield(...) end) show(f($i, $s)) show(f($b))
		local c = coroutine.create(coroutine.yield) show(coroutine.resume(c, 1, 2)) show(coroutine.resume(c, 3))
		show(coroutine.status(c))`,
	`local function deep(n) if n == 0 then return coroutine.yield($i) end return (deep(n - 1)) + 1 end
		local co = coroutine.wrap(deep) show(co($d)) show(co($i))`,
	`local function tail(n, ...) if n == 0 then return coroutine.yield(...) end return tail(n - 1, n, ...) end
		local co = coroutine.wrap(tail) show(co($d, $s)) show(co($i))`,
	`local co = coroutine.wrap(function() for i = 1, 2 do local ok, e = pcall(error, coroutine.yield(i))
		show(ok, e) end return load('return coroutine.yield(...)')(7) end) show(co()) show(co('a')) show(co('b'))
		show(co('c'))`,
}

var languageScenarios = []string{
	`local function f(...) local a, b = ... return select('#', ...), a, b, ... end show(f()) show(f(nil))
		show(f($i, nil, $s)) show((f($i, $i))) show(({f(1, 2)})[1], #{f(1, 2)}, #{f(1, 2), 1})`,
	`local function f() return $i, $i, $i end local a, b, c, d = f() show(a, b, c, d) local a, b = (f())
		show(a, b) local t = {f(), f()} show(#t) show(f(), f())`,
	`local t = {} for i = 1, 3 do local j = i * $d t[i] = function(x) j = j + x return i, j end end
		for i = 1, 3 do show(t[i]($d)) show(t[i](1)) end`,
	`local a, b do local n = $i a = function() n = n + 1 return n end b = function() n = n * 2 return n end end
		show(a(), b(), a(), b())`,
	`local i, s = 1, 0 ::top:: step() if i > $d then goto done end s = s + i i = i + 1 goto top ::done::
		show(i, s)`,
	`for i = 1, 3 do for j = 1, 3 do if i * j == $z then goto out end if j == i then goto next end
		show(i, j) ::next:: end end ::out::`,
	`local fs = {} do local k = 0 ::again:: local x = k * 2 fs[#fs + 1] = function() x = x + 1
		return x end k = k + 1 if k < 3 then goto again end end show(fs[1](), fs[1](), fs[2](), fs[3]())`,
	`local n = 0 repeat local x = n n = n + 1 local f = function() return x end until f() >= $t show(n)`,
	`local function fact(n) step() if n <= 1 then return 1 end return n * fact(n - 1) end
		show(fact($d), fact(10), fact(13), fact(20))`,
	`local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end show(fib($d), fib(11))`,
	`local function even(n) if n == 0 then return true end return odd_(n - 1) end try(even, $d)`,
	`local even, odd function even(n) if n == 0 then return true end return odd(n - 1) end function odd(n)
		if n == 0 then return false end return even(n - 1) end show(even($d), odd(500))`,
	`show($b and $i or $s, $b or $n, $a == nil and 1, nil or false, false and nil, $i and $s, not nil == true,
		not 0, 1 and 2 or 3, nil and 1 or 2)`,
	`local x, y, z = $i, $s show(x, y, z) x, y, z = z, x show(x, y, z) local t = {1, 2}
		local i = 1 i, t[i] = 2, 20 show(i, t[1], t[2])`,
	`local f = load('local a, b = ... return a, b, ' .. $d .. ' + ' .. $d) show(f($i, $s))
		show(load('return return')) show(load($S)) show(load('x = = 1', '=name'))
		show(load('\n\n  y y', '@file.lua'))`,
	`local p = {'return ', '1', ' + ', '7', nil} local n = 0 local f = load(function() n = n + 1
		return p[n] end) show(f and f() or n)`,
	`local f = load(string.dump(function(a, b) local t = {a, b, 'c', 1.5, true} return #t, a, b end))
		show(f($i, $s))`,
	`local ok, e = pcall(function() local t = nil t.x = 1 end) show(ok, e)
		show(pcall(function() undefined_.x = 1 end)) show(pcall(function() local t = {} t.a.b = 1 end))
		show(pcall(function() return ('x') + 1 end))`,
	`show(select(2, pcall(error, $s, 0)), select(2, pcall(error, $s, 1)), select(2, pcall(error, $s, 2)))
		show(pcall(error, nil)) show(pcall(error, $i)) show(pcall(error, $s))`,
	`local function lvl(n) error('level', n) end for n = 0, 3 do show(pcall(function() lvl(n) end)) end`,
	`show(xpcall(function() error('a') end, function(m) error('b') end))
		show(xpcall(function() error('a') end, function(m) return m, 1 end))
		show(xpcall($i, function(m) return text(m) end)) show(xpcall(function(...) return ... end, type, $i, $s))`,
	`show(pcall(pcall)) show(pcall(pcall, error, $s)) show(pcall(pcall, pcall, error))
		show(select('#', pcall(function() end)), pcall(function() return nil, nil end))`,
	`local s = '' for i = 1, 20 do s = s .. i % 10 if #s > $d then s = s:sub(2) end end show(s) local s = {}
		for i = 1, 10 do s[#s + 1] = i .. '' end show(table.concat(s, $S))`,
	`show(#'abc' + 1, -2 ^ 2, 2 ^ 3 ^ 2, not nil == false, 1 .. 2 == '12', 'a' .. 'b' == 'ab' and 1 or 2,
		2 * 3 % 4, 7 // 2 * 2, 1 << 2 + 1, 5 & 3 | 8, 5 ~ 3 & 1, ~5 & 0xf, - - 2, not not 1)`,
	`local _ENV = {show = show, x = $i} x = x + 1 y = x show(x, y, z)`,
	`local function f(_ENV) return x end show(f({x = $i})) try(f, nil)
		local g = (function() local _ENV = {y = 1} return function() return y end end)() show(g())`,
	`local t = {f = function(self, x) return self.k, x end, k = $i} show(t:f($s)) show(t.f(t, 1), t['f'](t, 2))
		try(t.f) try(function() return t:nothing() end) try(function() t.k:f() end)`,
	`local t = {[1] = 'a', 'b', [2] = 'c', x = 1, ['x'] = 2, 'd'; 'e', [1.0] = 'z'}
		show(t[1], t[2], t[3], t.x, #t)`,
	`for i = 3, 1 do show('never') end for i = 1, 0.5 do show('never') end for i = 1.0, 2 do show(i) end
		for i = 2, 1, -0.5 do show(i) end for i = 1, 3 do local i = i * 2 show(i) end`,
	`for i = math.maxinteger - 1, math.huge do show(i) break end for i = -1, -math.huge, -1 do show(i)
		if i < -2 then break end end try(function() for i = 1, 2, 0 do break end end)
		for i = 1, 0 / 0 do show('never') end`,
	`local c = 0 while true do c = c + 1 if c % 2 == 0 then goto continue end if c > $d then break end
		show(c) ::continue:: end`,
	`local t = {} for w in ('one two three'):gmatch('%a+') do t[#t + 1] = function() return w, #t end end
		show(t[1]()) show(t[3]())`,
	`local a = {} local function v(...) a[#a + 1] = select('#', ...) return ... end
		show((v(v(1, 2), v()))) v(v(v(nil, nil))) show(table.concat(a, ' '))`,
	`x_ = $i show(x_, _G.x_, rawget(_G, 'x_'), _G._G == _G, _ENV == _G) x_ = nil show(x_) _G['y_'] = $s
		show(y_) y_ = nil`,
	`show(type(print), type(nil), type($i), type($s), type({}), type(type), type(coroutine.create(type)),
		tostring(nil), tostring(true), tostring(-0.0), tostring(1e15), 1e100, 2^31, 2^53, 1/3)`,
	`show(debug.traceback('message', 1)) show(debug.traceback(nil), debug.traceback($i))`,
	`local i = debug.getinfo(1, 'l')
		show(i.currentline, debug.getinfo(1, 'S').what, debug.getinfo(print, 'S').what)`,
}

// heavyScenarios take much longer than the others: they recurse until the stack
// is full.
var heavyScenarios = []string{
	`local n = 0 local function nest() n = n + 1 return coroutine.wrap(nest)() end local ok, e = pcall(nest)
		show(ok, n, #e, e:sub(-16))`,
	`local function rec() return 1 + rec() end local ok, e = pcall(rec) show(ok, e)
		local function r2(...) return r2(1, ...) end local ok, e = pcall(r2) show(ok, e)`,
	`local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end
		local ok, e = pcall(function() return t[1] end) show(ok, e)`,
}
