package luagen

import "slices"

// Templates of expressions by kind. Their holes, besides the kinds:
//
//	$d  0 to 9               $t  0 to 3                 $z  a constant that is not 0
//	$D  a special integer    $N  a special number       $c  code of a character
//	$S  a string constant    $P  a pattern              $R  a replacement
//	$M  a pattern, perhaps malformed                    $K  a format of string.pack
//	$f  the name of a field  $F  statements of a function
//	$a  any value            $x  something that may raise an error
var expressions = map[byte][]string{
	kindInt: {
		"($i + $i)", "($i - $i)", "($i * $i)", "($i // $z)", "($i % $z)", "(-$i)", "(~$i)", "($i & $i)",
		"($i | $i)", "($i ~ $i)", "($i << $d)", "($i >> $d)", "($i << $i)", "($i >> $i)", "($i + $i)",
		"($i * $d)", "#$s", "#$q", "math.max($i, $i)", "math.min($i, $i, $i)", "math.abs($i)",
		"(math.ult($i, $i) and $i or $i)", "($b and $i or $i)", "(($s):byte($d) or $d)", "(utf8.len($s) or -1)",
		"(($s):find($P) or 0)", "(tonumber($i .. '') or 0)", "(math.tointeger(math.floor(num($n))) or $i)",
		"(math.tointeger($n) or $d)", "rawlen($q)", "(($q)[$d] or $i)", "($r).x", "($r)['x']",
		"select('#', $a, $a)", "(select(2, ($s):gsub($P, $R)))",
		"(select($z, $i, $i, $i, $i, $i, $i, $i, $i, $i) or $i)", "string.len($s)",
		"(function(...) return select('#', ...) end)($i, $s)", "(function(a, b) return a - b end)($i, $i)",
		"(tonumber($d .. $d, 16) or 0)", "(string.unpack('<i4', string.pack('<i4', $i & 0x7fffffff)))",
		"(string.pack('>I2', $i & 65535):byte(1))", "math.tointeger($i)", "({$i, $i, $i})[$z & 1 | 1]",
		"($i // -1)", "($i % -1)", "table.pack($i, $s, nil).n", "(utf8.codepoint($c .. 'é'))", "math.maxinteger",
		"math.mininteger",
	},
	kindNum: {
		"$i", "$i", "($n + $n)", "($n - $n)", "($n * $n)", "($n / $n)", "($n // $z)", "($n % $z)", "($n / $z)",
		"(-$n)", "($d ^ 2)", "(-$d ^ 3)", "(2 ^ $d)", "(2 ^ -$d)", "($i / 2)", "($n // 0.5)", "($n % 0.75)",
		"($n // -2.5)", "($n % -2.5)", "math.floor($n)", "math.ceil($n)", "math.abs($n)", "math.max($n, $n)",
		"math.min($n, $n)", "math.fmod($n, $z)", "(math.modf($n))", "(select(2, math.modf(num($n))))",
		"($n + 0.0)", "(tonumber($S) or $n)", "($b and $n or $n)", "($r).y", "math.sqrt($i & 1023)", "math.huge",
		"-math.huge", "(0 / 0)", "($i + 0.5)", "('10' + $n)", "($n * '2')", "('0x10' + 0)", "(' 7 ' - $d)",
		"math.pi", "($n // 0.0)", "(1 / $n)", "(0.0 * $n)", "(function() return $n end)()",
		"(string.unpack('<f', string.pack('<f', num($n))))", "($n - $n)", "(3 ^ 3)", "($n or $n)",
	},
	kindString: {
		"($s .. $s)", "($s .. $i)", "($i .. $s)", "(num($n) .. '')", "($s .. $s .. $d .. $s)", "($s):upper()",
		"($s):lower()", "($s):reverse()", "($s):sub($i, $i)", "($s):sub($d)", "($s):sub(-$d, -$t)",
		"($s):rep($t)", "($s):rep($t, $S)", "tostring(num($n))", "tostring($b)", "tostring(nil)",
		"string.format('%d', $i)", "string.format('%5d|%-5d|%05d', $i, $i, $i)",
		"string.format('%x %X %o', $i, $i, $d)", "string.format('%+d % d %i', $i, $i, $i)",
		"string.format('%.3d', $i)", "string.format('%#x', $i)", "string.format('%s', $s)",
		"string.format('%q', $s)", "string.format('%q', $i)",
		"string.format('%10s|%-10s|%.2s', clean($S), clean($s), clean($S))", "string.format('%c%c', $c, $c)",
		"string.format('%g', num($n))", "string.format('%.3f', num($n))",
		"string.format('%10.2f|%-10.1f', $d, num($N))", "string.format('%e', num($N))",
		"string.format('%.14g', num($N))", "string.format('%5.1f%%', $d)",
		"string.format('%s %s %s', $i, $b, nil)", "string.format('%.20s', clean($s))", "(($s):gsub($P, $R))",
		"(($s):gsub($P, string.upper))", "(($s):gsub($P, {a = 'A', b = false, ['1'] = 'one'}))",
		"(($s):gsub($P, '%0%0', $t))", "(($s):gsub('.', function(c) return $s end, 2))",
		"tostring(($s):match($P))", "tostring((select(2, ($s):find($P))))", "string.char($c, $c, $c)",
		"string.char(table.unpack({($s):byte(1, 5)}))", "table.concat($q, $S)",
		"table.concat({$s, $i, $s}, ',')", "tostring(math.type($n))", "type($a)", "utf8.char($c, 8364, $c)",
		"($b and $s or $s)", "($r).name", "tostring(tonumber($S))", "tostring(tonumber($S, 36))", "_VERSION",
		"tostring(tostring($i) == $s)", "(function(s) return s .. #s end)($s)", "select(-1, $s, $s)",
		"table.concat({}, 'x')",
	},
	kindBool: {
		"($i < $i)", "($i <= $i)", "($n > $n)", "($n >= $n)", "($n == $n)", "($n ~= $n)", "($s < $s)",
		"($s <= $s)", "($s == $s)", "($s > $s)", "($i == $n)", "($i < $n)", "($n <= $i)", "(not $b)",
		"($b and $b)", "($b or $b)", "($b == $b)", "($a == $a)", "($a ~= nil)", "rawequal($a, $a)",
		"math.ult($i, $i)", "(($s):find($S, 1, true) ~= nil)", "(math.type($n) == 'integer')",
		"($n == math.floor(num($n)))", "(type($a) == 'nil')", "($i & 1 == 0)", "(not not $a)", "(not ($n < $n))",
		"($N < $D)", "($D <= $N)", "($D == $N)", "(tostring($i) == ($i .. ''))", "($d)", "(nil)",
	},
}

// risky are expressions that may raise an error.
var risky = []string{
	"$a + $a", "$a - $a", "$a * $a", "$a / $a", "$a // $a", "$a % $a", "$i // 0", "$i % 0", "$a & $a", "$a | $a",
	"$a ~ $a", "$a << $a", "$a >> $a", "$a .. $a", "$a < $a", "$a <= $a", "$a > $a", "$a >= $a", "-$a", "~$a",
	"#$a", "($r).$f.$f", "($r).x.y", "($s):format()", "string.format('%10s', $s)", "($a)[$a]", "($a).x",
	"($a).x.y", "($a)($a)", "($a):sub($a)", "($r).name.x.y", "($r):method($a)", "($q)[1][1]", "($q)[$s].x",
	"undefined.x", "undefined($a)", "string.undefined($a)", "($s):undefined()", "$s & 1", "$n | 0", "$n << 1",
	"$s + $s", "$s * $d", "2.5 // 0", "5.5 % 0.0", "-$s", "~$n", "1 < $s", "{} < {}", "{} .. $s", "nil .. $s",
	"$q + 1", "#$n", "#$b", "math.floor($a)", "math.ceil($a)", "math.abs($a)", "math.max($a, $a)", "math.max()",
	"math.tointeger($a)", "math.ult($a, $a)", "math.fmod($i, $a)", "math.type($a)", "math.type()",
	"string.len($a)", "string.sub($a, $a, $a)", "string.upper($a)", "string.byte($a, $a)", "string.char($a)",
	"string.char($i)", "string.rep($a, $t)", "string.rep('xx' .. $s, math.maxinteger)",
	"string.format('%d', $a)", "string.format('%x', $a)", "string.format('%5.2f', $a)",
	"string.format('%c', $a)", "string.format('%q', $a)", "string.format('%i', $s)", "string.format('%y', $a)",
	"string.format('%', 1)", "string.format('%d')", "string.format('%123d', 1)", "string.format('%.123f', 1)",
	"string.format('%0000000d', 1)", "string.format('%s')", "string.find($s, $M)", "string.find($s, $M, $i)",
	"string.match($s, $M)", "string.gsub($s, $M, $a)", "string.gsub($s, $P, '%' .. $d)",
	"string.gsub($s, $P, '%x')", "string.gsub($s, $M, '<%1>')", "string.gmatch($s, $M)()",
	"string.gsub($s, '.', {a = true})", "string.gsub($s, '.', function() return {} end)", "string.find($a, $a)",
	"string.reverse($a)", "select($a, $a, $a)", "select(0)", "select(-5, 1)", "select($i, $s)", "tonumber($a)",
	"tonumber($a, $d)", "tonumber($s, 99)", "tonumber()", "tostring()", "table.concat($a)",
	"table.concat({$a, $a}, $s)", "table.concat($q, $S, $d, $d)", "table.insert({$i}, $a, $a)",
	"table.insert({$i}, $i)", "table.insert({}, 5, 5)", "table.insert(nil, 1)", "table.insert({1, 2}, 1, 2, 3)",
	"table.remove({$i, $i}, $a)", "table.remove({}, $d)", "table.sort({$a, $a, $a})",
	"table.sort({$i, $i, $i}, $a)", "table.unpack($q, $d, $d)", "table.unpack({}, 1, 1e8)", "table.unpack($a)",
	"table.move({1, 2}, 1, 2, $a)", "ipairs($a)", "ipairs()", "next($q)", "next({}, $a)", "rawget($a, $a)",
	"rawset({}, $a, $a)", "rawlen($a)", "rawequal($a)", "setmetatable({}, $a)", "setmetatable($n, {})",
	"getmetatable($n)", "error($a)", "error($s, $t)", "error()", "assert($a)", "assert(false, $a)",
	"assert(nil)", "assert($b, $s)", "assert()", "pcall($a, $a)", "pcall()", "xpcall($a, $a)", "xpcall(print)",
	"utf8.char($a)", "utf8.codepoint($s, $d, $d)", "utf8.len($s, $d)", "utf8.len($a)", "utf8.offset($s, $d)",
	"utf8.offset($s, $i, $d)", "utf8.codes($s)($s, $d)", "utf8.char($i)", "coroutine.resume($a)",
	"coroutine.wrap($a)", "coroutine.yield($a)", "coroutine.status($a)", "coroutine.create($a)",
	"coroutine.wrap(function() error($a) end)()", "load($s)", "load('return ' .. $s)",
	"load('return ' .. $i .. ' + ' .. $d)()", "load('x =')", "load('for')", "load('goto l')", "load('break')",
	"load($q)", "load('return ...', 'chunk')($a)", "string.pack($K, $a, $a)", "string.pack($K, $i, $i)",
	"string.unpack($K, $s)", "string.unpack($K, $s, $d)", "string.packsize($K)", "string.pack('i17', 1)",
	"string.pack('z', 'a\\0b')", "(function(a) a.x = 1 end)($a)", "(function(a, b) a[b] = 1 end)({}, $a)",
	"(function() for i = $a, $a do break end end)()", "(function() for i = 1, 2, $a do break end end)()",
	"(function() for i in $a do break end end)()", "(function(...) local a, b = ... return a.b end)($a)",
	"(function() local a a() end)()", "(function() local a = {} a.b.c() end)()",
	"(function() error(setmetatable({}, {__tostring = function() return 'e' end})) end)()", "string.rep()",
	"('x'):rep(-1)", "({}):f()", "(function() local t = {} t[0 / 0] = 1 end)()", "($i)()", "($s)()", "(nil)[nil]", "({})[nil]",
}

// anything are values for risky expressions. No function among them runs for long
// or prints.
var anything = []string{
	"$i", "$i", "$D", "$d", "num($n)", "$N", "$s", "$s", "$S", "$b", "nil", "nil", "{}", "$q", "$r", "type",
	"math.abs", "(function() end)", "(function(...) return ... end)", "{$i}", "'10'", "'0x1p4'", "''", "'x'",
	"-0.0", "1e15", "3.0", "setmetatable({}, {__index = string})", "coroutine.create(type)",
}

// Constants of runnable programs.
var (
	specialInts = []string{
		"0", "1", "-1", "2", "7", "10", "100", "255", "256", "-128", "1000", "65535", "65536", "16777216",
		"16777217", "-16777217", "2147483647", "math.maxinteger", "math.mininteger", "math.maxinteger - 1",
		"math.mininteger + 1", "0x7fff", "0xff", "0x55555555",
	}
	specialNums = []string{
		"0.0", "-0.0", "0.5", "-0.5", "1.5", "2.5", "-2.5", "0.1", "1e10", "-1e10", "1e15", "1e30", "1e-10",
		"3.0", "16777216.0", "2147483648.0", "-2147483648.0", "2147483520.0", "4294967296.0", "9.0e15",
		"math.huge", "-math.huge", "123.456", "1e100", "0x1p-20", "0x.8p1", "99999.5", "1e7", "123456.0",
		"1e-5", "0.0001",
	}
	runStrings = []string{
		"''", "'a'", "'abc'", "'hello'", "'Hello World'", "'10'", "'0x1F'", "'1e2'", "' 12 '", "'3.5'", "'-7'",
		"'a,b,,c'", "'key=value'", "'(x(y)z)'", "'x\\0y'", "'\\n'", "'tab\\tx'", "'%d'", "'ümläut€'",
		"'\\xff\\x80'", "'aaa'", "'The quick brown fox'", "'1 22 333'", "'[[x]]'", "\"it's\"", "'\\\\'",
		"'0x'", "'1e'", "'inf'", "'nan'", "'z9'", "'__index'",
	}
	patterns = []string{
		"'%a+'", "'%d+'", "'(%w+)=(%w+)'", "'^%s*(.-)%s*$'", "'[%d%.]+'", "'%b()'", "'%f[%w]%w+'", "'.'", "''",
		"'(.)(.)'", "'()'", "'x*'", "'[^aeiou]'", "'%%'", "'(a)(b)'", "'^a'", "'c$'", "'[a-c]+'", "'[^%s]+'",
		"'l+'", "'.-o'", "'%s'", "'%p'", "'%u%l*'", "'[]]'", "'[^]]'", "'[a-]'", "'[%a_][%w_]*'", "'%x+'",
		"'(%d)(%d*)'", "'0*'", "'\\0'", "'(()a())'", "'a?b?c?'", "'$'", "'^'", "'%c'", "'%g+'",
	}
	malformed = []string{
		"'('", "')'", "'%'", "'[a'", "'[%'", "'%b'", "'%bx'", "'%f'", "'%fa'", "'(()'", "'%1'", "'(.)%2'",
		"'(.)%1'", "'[]'", "'[^'", "'(' .. ('a*'):rep(4) .. 'b)'", "('(a)'):rep(33)", "'[[:alpha:]]'", "'%z'",
	}
	replacements = []string{
		"''", "'x'", "'%0'", "'%0%0'", "'<%0>'", "'%%'", "'[%1]'", "'a%0b'",
	}
	packFormats = []string{
		"'<i4'", "'>i2'", "'<I1'", "'b'", "'B'", "'<h'", "'>H'", "'i3'", "'<I3'", "'>i8'", "'<I8'", "'z'",
		"'s1'", "'<s2'", "'<f'", "'>d'", "'i4i4'", "'!4 i1 i4'", "'!2 b h'", "'<i4 x i1'", "'i16'", "'c5'",
		"'c0'", "'bz'", "'!4 Xi4'", "'i0'", "'q'", "'!3'", "'X'", "' < > = i1'", "'I2I2'", "'b!8Xi8'",
	}
	fields = []string{
		"x", "y", "name", "missing",
	}
)

// put adds a template.
func (g *runGen) put(template string) { g.fill(template, g.hole) }

func (g *runGen) hole(c byte) {
	r := &g.random
	switch c {
	case kindInt, kindNum, kindString, kindBool, kindSeq, kindRecord:
		g.expr(c)
	case 'd':
		g.word(itoa(g.intN(10)))
	case 't':
		g.word(itoa(g.intN(4)))
	case 'z':
		g.word(itoa(g.between(1, 9)))
	case 'c':
		g.word(itoa(g.between(32, 126)))
	case 'D':
		g.word("(" + pick(r, specialInts) + ")")
	case 'N':
		g.word("(" + pick(r, specialNums) + ")")
	case 'S':
		g.word(pick(r, runStrings))
	case 'P':
		g.word(pick(r, patterns))
	case 'M':
		g.word(pick(r, slices.Concat(malformed, patterns[:4])))
	case 'R':
		g.word(pick(r, replacements))
	case 'K':
		g.word(pick(r, packFormats))
	case 'f':
		g.word(pick(r, fields))
	case 'a':
		g.put(pick(r, anything))
	case 'x':
		g.put(pick(r, risky))
	case 'F':
		g.body(g.between(1, 2), 4, func() {})
	default:
		panic("BUG: no hole $" + string(rune(c)))
	}
}

// expr adds an expression of a kind.
func (g *runGen) expr(kind byte) {
	list, ok := expressions[kind]
	if g.depth >= runDepth || !ok || g.chance(20) {
		g.leaf(kind)
		return
	}
	g.depth++
	if !g.chance(10) || !g.call(kind) {
		g.put(pick(&g.random, list))
	}
	g.depth--
}

// leaf adds a variable or a constant.
func (g *runGen) leaf(kind byte) {
	if name := g.variable(kind, false); name != "" && g.chance(65) {
		g.word(name)
		return
	}
	switch kind {
	case kindInt:
		g.put(g.oneOf("$d", "$d", "$D"))
	case kindNum:
		g.put(g.oneOf("$d", "$D", "$N", "$N"))
	case kindString:
		g.put("$S")
	case kindBool:
		g.put(g.oneOf("true", "false"))
	case kindSeq:
		g.put(g.oneOf("{}", "{$d}", "{$d, $d, $d}", "{$D, $d, $D, $d}"))
	case kindRecord:
		g.put("{x = $d, y = $N, name = $S}")
	}
}
