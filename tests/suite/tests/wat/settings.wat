;; No lifecycle. Answers its settings and how often this instance answered.
(module
  (import "patchbay:care/settings@0.1.2" "get" (func $settings (param i32)))
  (memory (export "memory") 2)
  (global $uses (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 65536)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (global.set $uses (i32.add (global.get $uses) (i32.const 1)))
    (i32.store8 (i32.const 8) (i32.const 1))
    ;; urgency: the number of uses
    (i32.store8 (i32.const 48) (i32.const 1))
    (i32.store8 (i32.const 49) (global.get $uses))
    ;; why: the settings
    (call $settings (i32.const 108))
    i32.const 0))
