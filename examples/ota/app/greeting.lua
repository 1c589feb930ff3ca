local M = {}

function M.text(version)
  return ("Hello from the flash store, version %d, %d bytes of RAM are free."):format(version, node.heap())
end

return M
