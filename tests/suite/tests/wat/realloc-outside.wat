;; Requests a string; `realloc` answers an address outside its memory.
(module
  (import "patchbay:care/types@0.1.2" "[method]interaction.text" (func $text (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 0xfffffff0)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param $interaction i32) (result i32)
    (call $text (local.get $interaction) (i32.const 512))
    i32.const 0))
