;; Requests a string; `realloc` requests another: the component model forbids
;; to leave a component from `realloc`.
(module
  (import "patchbay:care/types@0.1.2" "[method]interaction.text" (func $text (param i32 i32)))
  (memory (export "memory") 1)
  (global $interaction (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $text (global.get $interaction) (i32.const 512))
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param $it i32) (result i32)
    (global.set $interaction (local.get $it))
    (call $text (local.get $it) (i32.const 512))
    i32.const 0))
