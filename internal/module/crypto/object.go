package crypto

import "moonlet.example/moonlet/internal/lua/state"

// An object is a userdata of three words, the digest's context, and a block for an HMAC
// (digest_user_datum_t of app/modules/crypto.c). The words are: which digest it is, here its
// number; where the context is; and where the block is, 0 if there is none.
const (
	offMech     = 0
	offContext  = 4
	offOuter    = 8
	offContents = 12
)

// newHash is crypto.new_hash(mech).
func newHash(L state.State) int { return newObject(L, false) }

// newHMAC is crypto.new_hmac(mech, key).
func newHMAC(L state.State) int { return newObject(L, true) }

func newObject(L state.State, signed bool) int {
	mech := checkMech(L, 1)
	size := offContents + mech.contextSize
	var key []byte
	if signed {
		key = L.CheckBytes(2)
		size += mech.blockSize
	}
	at := L.NewUserdata(size)
	L.SetMetatableByName(metaName)

	m := L.Mem()
	for i := range mechs {
		if mech == &mechs[i] {
			m.SetU32(at+offMech, uint32(i))
		}
	}
	m.SetPtr(at+offContext, at+offContents)
	c := context{m, mech, at + offContents}
	c.create()
	if signed {
		outer := c.at + state.Addr(mech.contextSize)
		m.SetPtr(at+offOuter, outer)
		L.Charge(len(key) / hashBytesPerUnit)
		c.beginHMAC(key, outer)
	}
	return 1
}

// checkObject is the object that an argument has to be, and whether it makes an HMAC. What its
// words say is bounded: damaged code can write there.
func checkObject(L state.State) (c context, signed bool) {
	at := L.CheckUdata(1, metaName)
	m := L.Mem()
	c = context{m, &mechs[m.U32(at+offMech)%uint32(len(mechs))], at + offContents}
	return c, m.U32(at+offOuter) != 0
}

// update is object:update(text).
func update(L state.State) int {
	c, _ := checkObject(L)
	data := L.CheckBytes(2)
	L.Charge(len(data) / hashBytesPerUnit)
	c.update(data)
	return 0
}

// finalize is object:finalize().
func finalize(L state.State) int {
	c, signed := checkObject(L)
	if signed {
		return pushBytes(L, c.finalizeHMAC(c.at+state.Addr(c.mech.contextSize)))
	}
	return pushBytes(L, c.finalize())
}
