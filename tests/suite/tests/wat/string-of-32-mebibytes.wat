;; Answers a string of 32 MiB, all inside its memory.
(module
  (memory (export "memory") 520)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (i32.store8 (i32.const 8) (i32.const 1))
    (i32.store (i32.const 112) (i32.const 0x2000000))
    i32.const 0))
