;; Drops the same handle twice.
(module
  (import "patchbay:care/types@0.1.2" "[resource-drop]interaction" (func $drop (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param $interaction i32) (result i32)
    (call $drop (local.get $interaction))
    (call $drop (local.get $interaction))
    i32.const 0))
