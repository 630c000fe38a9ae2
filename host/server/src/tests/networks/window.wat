;; A tone check that blocks a reply whose time is over, by the clock of the decision.
(module
  (import "patchbay:care/types@0.1.2" "[method]draft.conversation"
    (func $conversation (param i32 i32)))
  (import "patchbay:care/types@0.1.2" "[method]conversation.reply-window-ends"
    (func $window_ends (param i32 i32)))
  (import "patchbay:care/clock@0.1.2" "now" (func $now (result i64)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "The time for free replies is over.")
  (data (i32.const 1088) "There is time for a free reply.")
  (data (i32.const 1152) "The channel takes replies at any time.")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 65536)
  ;; Some review without findings and approvers: its verdict, and why.
  (func $review (param $verdict i32) (param $why i32) (param $bytes i32) (result i32)
    (i32.store8 (i32.const 2052) (i32.const 1))
    (i32.store8 (i32.const 2056) (local.get $verdict))
    (i32.store (i32.const 2076) (local.get $why))
    (i32.store (i32.const 2080) (local.get $bytes))
    i32.const 2048)
  (func (export "patchbay:tone/tone@0.1.0#check") (param $draft i32) (result i32)
    (call $conversation (local.get $draft) (i32.const 16))
    ;; A draft without a conversation is not of this test.
    (if (i32.eqz (i32.load8_u (i32.const 16))) (then unreachable))
    (call $window_ends (i32.load (i32.const 20)) (i32.const 32))
    (if (i32.eqz (i32.load8_u (i32.const 32)))
      (then (return (call $review (i32.const 0) (i32.const 1152) (i32.const 38)))))
    (if (i64.le_u (i64.load (i32.const 40)) (call $now))
      (then (return (call $review (i32.const 3) (i32.const 1024) (i32.const 34)))))
    (call $review (i32.const 0) (i32.const 1088) (i32.const 31))))
