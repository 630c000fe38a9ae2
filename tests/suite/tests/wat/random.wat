;; Requests more random bytes from WASI than its memory holds.
(module
  (import "wasi:random/random@0.2.3" "get-random-bytes" (func $random (param i64 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (call $random (i64.const 0x7fffffffffffffff) (i32.const 512))
    i32.const 0))
