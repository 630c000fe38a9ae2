;; For another host.
(module
  (func (export "other:host/things@1.0.0#do")))
