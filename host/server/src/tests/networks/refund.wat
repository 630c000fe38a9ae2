;; A classifier that finds the same in every message: an intent, a topic, and a reason.
(module
  (memory (export "memory") 2)
  (data (i32.const 1024) "refund")
  (data (i32.const 1040) "parcel")
  (data (i32.const 1056) "The customer wants the money back.")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 65536)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    ;; The intent: its name and its confidence.
    (i32.store (i32.const 1104) (i32.const 1024))
    (i32.store (i32.const 1108) (i32.const 6))
    (f64.store (i32.const 1112) (f64.const 0.9))
    ;; The topic.
    (i32.store (i32.const 1120) (i32.const 1040))
    (i32.store (i32.const 1124) (i32.const 6))
    ;; Some classification: a list of intents, a list of topics, why.
    (i32.store8 (i32.const 8) (i32.const 1))
    (i32.store (i32.const 16) (i32.const 1104))
    (i32.store (i32.const 20) (i32.const 1))
    (i32.store (i32.const 24) (i32.const 1120))
    (i32.store (i32.const 28) (i32.const 1))
    (i32.store (i32.const 108) (i32.const 1056))
    (i32.store (i32.const 112) (i32.const 34))
    i32.const 0))
