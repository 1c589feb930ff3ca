local f = bloom.create(100, 100)
f:add "x"
f:check "y"
f:info()
f:reset()
