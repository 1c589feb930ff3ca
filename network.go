package moonlet

import "moonlet.example/moonlet/internal/device"

type Network struct{}

func (n *Network) join(m *Module) error                  { return nil }
func (n *Network) leave(m *Module)                       {}
func (n *Network) configure(m *Module, c *device.Config) {}
