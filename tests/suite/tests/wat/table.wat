;; Grows a table until the host refuses, then traps.
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func $grow_the_table
    (loop $more
      (br_if $more
        (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    unreachable)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param $interaction i32) (result i32)
    ;; The first decision of an instance succeeds.
    (if (i32.load (i32.const 512)) (then (call $grow_the_table)))
    (i32.store (i32.const 512) (i32.const 1))
    i32.const 0))
