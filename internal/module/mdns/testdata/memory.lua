mdns.register("fishtank", {description = "Top", location = "here"})
mdns.register("two")
mdns.close()
