;; Answers a surrogate pair. For UTF-16.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (i32.store8 (i32.const 8) (i32.const 1))
    (i32.store16 (i32.const 1024) (i32.const 0xd83d))
    (i32.store16 (i32.const 1026) (i32.const 0xde00))
    (i32.store (i32.const 108) (i32.const 1024))
    (i32.store (i32.const 112) (i32.const 2))
    i32.const 0))
