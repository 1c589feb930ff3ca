// Package moonlet is a NodeMCU module (ESP8266) made of software: it runs an application as
// the firmware does, with its prompt, its files, its pins and its network.
//
// A [Module] is opened from a project's directory, a Lua file or the image of a flash chip
// ([Open]), or made of a configuration in code ([New]). It begins switched off; whatever
// runs it ([Module.Run], [Module.RunFor], [Module.RunUntil]) boots it. Time is that of the
// host, that time scaled, or virtual: then the module's clock jumps to whatever comes next,
// and the same application with the same seed does the same to the byte.
//
//	m, err := moonlet.New(moonlet.Config{
//		Files: map[string]string{"init.lua": `print("hello")`},
//		Time:  moonlet.Virtual,
//	})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	_, err = m.Expect("hello", time.Second)
//
// Between two of the module's tasks the world outside acts on it: [Module.Do], and the
// methods that do one thing, such as [Module.Press]. What a board does not tell comes as an
// [Event].
//
// Any goroutine may call any method. One of them runs the module at a time; what others ask
// meanwhile is done between two tasks. Functions that are called while the module runs, for
// events and by Do, must not call methods that wait for it.
//
// Many modules live in one process; a [Network] lets them reach each other. docs/api.md has
// a whole program, and package moonlettest is for tests of applications.
package moonlet
