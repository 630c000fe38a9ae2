;; The start function does not end.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func $never_starts (loop $for_ever (br $for_ever)))
  (start $never_starts)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    i32.const 0))
