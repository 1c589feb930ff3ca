package device

// places is where a task has worked, as long as it is not too long: its work is charged
// late, so when the limit is passed, what worked may be over.
type places struct {
	turn uint64 // the task's number
	list []place
}

// place is a traceback with the work that was counted there, in units.
type place struct {
	traceback string
	units     int64
}

// placeUnits is the least work whose place is looked for, in units, and placesMax how many of
// them a task has: no more fit into the time that is not too long.
const (
	placeUnits = 1000
	placesMax  = 32
)

// note counts work where Lua is.
func (p *places) note(d *Device, units int64) {
	if turn := d.loop.Turn(); turn != p.turn {
		p.turn, p.list = turn, p.list[:0]
	}
	if d.loop.Long() {
		return
	}
	where := d.position()
	if where == "" {
		return
	}
	for i := range p.list {
		if p.list[i].traceback == where {
			p.list[i].units += units
			return
		}
	}
	if len(p.list) < placesMax {
		p.list = append(p.list, place{where, units})
	}
}

// costliest is where a task has worked most, the last of those if they are equal.
func (p *places) costliest(turn uint64) (traceback string) {
	if p.turn != turn {
		return ""
	}
	most := int64(0)
	for _, at := range p.list {
		if at.units >= most {
			traceback, most = at.traceback, at.units
		}
	}
	return traceback
}
