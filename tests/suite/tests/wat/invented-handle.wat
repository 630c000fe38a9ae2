;; Uses a handle that the host did not give it.
(module
  (import "patchbay:care/types@0.1.2" "[method]interaction.text" (func $text (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (call $text (i32.const 77) (i32.const 512))
    i32.const 0))
