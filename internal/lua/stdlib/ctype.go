package stdlib

import (
	"math/bits"
	"strings"
)

// class is a set of character classes of C's ctype.h in the "C" locale.
type class uint16

const (
	classAlpha class = 1 << iota
	classCntrl
	classDigit
	classGraph
	classLower
	classPunct
	classSpace
	classUpper
	classAlnum
	classXDigit
	classZero
	classMagic // not of C: the characters that make a pattern more than text
)

// charClass has the classes of each byte.
var charClass = makeCharClass()

func makeCharClass() (t [256]class) {
	for i := range t[:128] {
		c := byte(i)
		digit := '0' <= c && c <= '9'
		lower := 'a' <= c && c <= 'z'
		upper := 'A' <= c && c <= 'Z'
		for _, has := range []struct {
			is bool
			c  class
		}{
			{lower || upper, classAlpha},
			{c < ' ' || c == 0x7F, classCntrl},
			{digit, classDigit},
			{' ' < c && c < 0x7F, classGraph},
			{lower, classLower},
			{' ' < c && c < 0x7F && !digit && !lower && !upper, classPunct},
			{c == ' ' || '\t' <= c && c <= '\r', classSpace},
			{upper, classUpper},
			{digit || lower || upper, classAlnum},
			{digit || 'a' <= c|0x20 && c|0x20 <= 'f', classXDigit},
			{c == 0, classZero},
			{strings.IndexByte("^$*+?.([%-", c) >= 0, classMagic},
		} {
			if has.is {
				t[i] |= has.c
			}
		}
	}
	return t
}

// letterClass is the class that a letter behind '%' stands for in a pattern, in
// lower and upper case; 0 for all other bytes.
var letterClass = makeLetterClass()

func makeLetterClass() (t [256]class) {
	for _, l := range []struct {
		letter byte
		c      class
	}{
		{'a', classAlpha}, {'c', classCntrl}, {'d', classDigit}, {'g', classGraph}, {'l', classLower},
		{'p', classPunct}, {'s', classSpace}, {'u', classUpper}, {'w', classAlnum}, {'x', classXDigit},
		{'z', classZero},
	} {
		t[l.letter] = l.c
		t[l.letter-'a'+'A'] = l.c
	}
	return t
}

// MatchClass tells whether c is in the class that cl stands for behind '%'.
func MatchClass(c, cl byte) bool {
	set := letterClass[cl]
	if set == 0 {
		return c == cl
	}
	return (charClass[c]&set != 0) == (cl&0x20 != 0) // upper case is the complement
}

// byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) add(c byte) { s[c>>6] |= 1 << (c & 63) }

func (s *byteSet) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

// classSets has the bytes of each class, by the number of its bit.
var classSets = makeClassSets()

func makeClassSets() (t [16]byteSet) {
	for c, set := range charClass {
		for ; set != 0; set &= set - 1 {
			t[bits.TrailingZeros16(uint16(set))].add(byte(c))
		}
	}
	return t
}

// addClass adds what cl stands for behind '%'.
func (s *byteSet) addClass(cl byte) {
	set := letterClass[cl]
	if set == 0 {
		s.add(cl)
		return
	}
	members := &classSets[bits.TrailingZeros16(uint16(set))]
	for i, m := range members {
		if cl&0x20 == 0 {
			m = ^m
		}
		s[i] |= m
	}
}
