local n, s = 1.0, "\xff"
function count(t)
  for i = 1, #t do n = n + 0.1 end
  return n < 1e9 and 3 or s
end
