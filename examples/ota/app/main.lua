-- The application. Its code and its strings are in flash; only what it computes is
-- in RAM.
local greeting = node.LFS.greeting()
print(greeting.text(1))
