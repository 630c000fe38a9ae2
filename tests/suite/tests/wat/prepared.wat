;; With `prepare`: answers how often it ran in this memory, and how often it
;; decided.
(module
  (memory (export "memory") 2)
  (global $uses (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 65536)
  (func (export "patchbay:lifecycle/lifecycle@0.1.0#prepare")
    (param $settings i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 49) (i32.add (i32.load8_u (i32.const 49)) (i32.const 1)))
    ;; Zeros: no problems.
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (global.set $uses (i32.add (global.get $uses) (i32.const 1)))
    (i32.store8 (i32.const 8) (i32.const 1))
    ;; urgency: how often it was prepared
    (i32.store8 (i32.const 48) (i32.const 1))
    ;; sentiment: 1 for the first decision, out of range for a later one
    (i32.store8 (i32.const 32) (i32.const 1))
    (f64.store (i32.const 40) (f64.convert_i32_u (global.get $uses)))
    i32.const 0))
