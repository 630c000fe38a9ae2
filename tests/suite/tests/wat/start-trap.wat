;; The start function traps.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func $never_starts unreachable)
  (start $never_starts)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    i32.const 0))
