local key = ("k"):rep(16)
local h = crypto.new_hash "sha512"
h:update "text"
h:finalize()
h = crypto.new_hmac("md5", ("k"):rep(100))
h:update "text"
h:finalize()
crypto.sha1 "text"
crypto.hash("sha256", "text")
crypto.hmac("sha384", "text", key)
crypto.mask(("text"):rep(100), key)
crypto.decrypt("AES-CBC", key, crypto.encrypt("AES-CBC", key, ("text"):rep(100)))
file.putcontents("f", "text")
crypto.fhash("sha1", "f")
