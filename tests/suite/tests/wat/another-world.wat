;; Made for another host altogether.
(module
  (func (export "other:host/things@1.0.0#do")))
