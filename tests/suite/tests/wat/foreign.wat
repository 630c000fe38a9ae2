;; Imports an interface of another host.
(module
  (import "other:host/things@1.0.0" "do" (func $do))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    call $do
    i32.const 0))
