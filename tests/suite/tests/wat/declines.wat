;; Answers whatever lies at address 0: zeros, which is "no opinion".
;;
;; The answer of `classify` in memory, for the modules beside this one: byte 0
;; result, byte 8 option, then the record: intents 16, topics 24, sentiment 32,
;; urgency 48, language 52, spam 64, abuse 80, reply-expected 96,
;; personal-data 100, why 108. A list or a text is its address and its length.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func (export "patchbay:classification/classification@0.1.0#classify")
    (param i32) (result i32)
    i32.const 0))
