// Package tag has the type tags of Lua 5.3 as they stand in a TValue and, without the bit
// of collectable values, in the header of an object (lobject.h): bits 0 to 3 are the type,
// bits 4 and 5 its variant, bit 6 marks a collectable value.
package tag

// The tags of values.
const (
	Nil     = TypeNil
	Bool    = TypeBoolean
	Light   = TypeLight
	Float   = TypeNumber
	Int     = TypeNumber | 1<<4
	Short   = ObjShort | Collectable
	Long    = ObjLong | Collectable
	Table   = TypeTable | Collectable
	ROEntry = TypeTable | 1<<4 // a ROTable as the value of a ROTable's entry
	ROTable = ROEntry | Collectable
	Lua     = ObjLua | Collectable // Lua closure
	CFunc   = TypeFunction | 1<<4  // light C function
	CCl     = TypeFunction | 2<<4 | Collectable
	Udata   = TypeUserdata | Collectable
	Thread  = TypeThread | Collectable

	Collectable = 1 << 6
	TypeMask    = 0x0F // type alone
	VariantMask = 0x3F // type and variant
)

// The tags of objects that no value has as they are.
const (
	ObjShort = TypeString        // header of a short string
	ObjLong  = TypeString | 1<<4 // header of a long string
	ObjLua   = TypeFunction      // header of a Lua closure
	ObjProto = TypeThread + 1    // header of a prototype
	Dead     = ObjProto + 1      // key of a removed entry
)

// The types (lua.h).
const (
	TypeNil = iota
	TypeBoolean
	TypeLight
	TypeNumber
	TypeString
	TypeTable
	TypeFunction
	TypeUserdata
	TypeThread
	NumTypes
)
