;; Adam's update of 8,192 parameters at most, four at a time: JavaScript computes in float64, and one number after the other.
(module
  ;; Four arrays of 32,768 bytes each: parameters, gradients, first and second moments.
  (memory (export "memory") 2)
  (func (export "update")
    (param $bytes i32)       ;; of an array; what lies beyond in the last 16 bytes is changed too
    (param $stepSize f32)
    (param $floor f32)       ;; added to the root of the second moment
    (param $firstRate f32)   ;; 1 - beta1
    (param $secondRate f32)  ;; 1 - beta2
    (param $kept f32)        ;; what weight decay leaves of a parameter
    (local $at i32) (local $gradient v128) (local $first v128) (local $second v128)
    (loop $next
      (local.set $gradient (v128.load offset=32768 (local.get $at)))
      ;; first += firstRate * (gradient - first)
      (local.set $first (v128.load offset=65536 (local.get $at)))
      (local.set $first (f32x4.add (local.get $first) (f32x4.mul
        (f32x4.splat (local.get $firstRate))
        (f32x4.sub (local.get $gradient) (local.get $first)))))
      (v128.store offset=65536 (local.get $at) (local.get $first))
      ;; second += secondRate * (gradient * gradient - second)
      (local.set $second (v128.load offset=98304 (local.get $at)))
      (local.set $second (f32x4.add (local.get $second) (f32x4.mul
        (f32x4.splat (local.get $secondRate))
        (f32x4.sub (f32x4.mul (local.get $gradient) (local.get $gradient)) (local.get $second)))))
      (v128.store offset=98304 (local.get $at) (local.get $second))
      ;; parameter = kept * parameter - stepSize * first / (sqrt(second) + floor)
      (v128.store (local.get $at) (f32x4.sub
        (f32x4.mul (f32x4.splat (local.get $kept)) (v128.load (local.get $at)))
        (f32x4.div
          (f32x4.mul (f32x4.splat (local.get $stepSize)) (local.get $first))
          (f32x4.add (f32x4.sqrt (local.get $second)) (f32x4.splat (local.get $floor))))))
      (br_if $next (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 16)))
        (local.get $bytes))))))
