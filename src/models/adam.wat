;; Adam's update, four parameters at a time: JavaScript computes in float64, and one number after the other.
(module
  (import "arrays" "memory" (memory 1))
  (func (export "update")
    ;; Addresses of the first four of each array.
    (param $parameter i32) (param $gradient i32) (param $first i32) (param $second i32)
    (param $end i32)         ;; where the parameters end
    (param $stepSize f32)
    (param $floor f32)       ;; added to the root of the second moment
    (param $firstRate f32)   ;; 1 - beta1
    (param $secondRate f32)  ;; 1 - beta2
    (param $kept f32)        ;; what weight decay leaves of a parameter
    (local $g v128) (local $m v128) (local $v v128)
    (loop $next
      (local.set $g (v128.load (local.get $gradient)))
      ;; first += firstRate * (gradient - first)
      (local.set $m (v128.load (local.get $first)))
      (local.set $m (f32x4.add (local.get $m) (f32x4.mul
        (f32x4.splat (local.get $firstRate))
        (f32x4.sub (local.get $g) (local.get $m)))))
      (v128.store (local.get $first) (local.get $m))
      ;; second += secondRate * (gradient * gradient - second)
      (local.set $v (v128.load (local.get $second)))
      (local.set $v (f32x4.add (local.get $v) (f32x4.mul
        (f32x4.splat (local.get $secondRate))
        (f32x4.sub (f32x4.mul (local.get $g) (local.get $g)) (local.get $v)))))
      (v128.store (local.get $second) (local.get $v))
      ;; parameter = kept * parameter - stepSize * first / (sqrt(second) + floor)
      (v128.store (local.get $parameter) (f32x4.sub
        (f32x4.mul (f32x4.splat (local.get $kept)) (v128.load (local.get $parameter)))
        (f32x4.div
          (f32x4.mul (f32x4.splat (local.get $stepSize)) (local.get $m))
          (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (local.get $floor))))))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $first (i32.add (local.get $first) (i32.const 16)))
      (local.set $second (i32.add (local.get $second) (i32.const 16)))
      (br_if $next (i32.lt_u
        (local.tee $parameter (i32.add (local.get $parameter) (i32.const 16)))
        (local.get $end))))))
