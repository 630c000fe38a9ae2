;; Requests more than its memory's maximum, repeatedly, and continues without it.
(module
  (memory (export "memory") 1 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 1000))
    (loop $more
      (drop (memory.grow (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    i32.const 0))
