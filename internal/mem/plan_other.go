//go:build !purego && (darwin || freebsd || windows) && (amd64 || arm64)

package mem

type planHost struct{}

// NewSpace makes a space of the plan.
func (p *Plan) NewSpace() (*Space, error) { return p.copied() }

// place is where a space of a plan lies among others; here none does.
type place struct{}

func (*place) back([]byte, Prot) error { panic("BUG: no plan has places here") }
func (*place) release([]byte) error    { panic("BUG: no plan has places here") }
