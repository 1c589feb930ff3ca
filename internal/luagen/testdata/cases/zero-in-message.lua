-- Messages with a zero byte: tostring keeps it, a traceback ends there.
print((select(2, pcall(error, "a\0b", 0)):gsub("%z", "0")))
print((select(2, pcall(error, "a\0b")):gsub("%z", "0")))
print((tostring(select(2, load("x = \0 1"))):gsub("%z", "0")))
print((tostring(select(2, load("x = '\0' '", "=na\0me"))):gsub("%z", "0")))
print((debug.traceback("a\0b", 3):gsub("%z", "0"):gsub("\n.*", "")))
print((tostring(select(2, load("goto a\0b"))):gsub("%z", "0")))
