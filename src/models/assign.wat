;; Of each number the target that has its place in descending order, by a radix sort with digits of eight bits (Knuth, The Art of Computer
;; Programming 3, section 5.2.5). An element is a key above its index. Functions are few, as calls would take most of the time.
(module
  (import "arrays" "memory" (memory 1))
  ;; 256 counts into as many sums of those before.
  (func $sums (param $counts i32)
    (local $end i32) (local $sum i32) (local $count i32)
    (local.set $end (i32.add (local.get $counts) (i32.const 1024)))
    (loop $each
      (local.set $count (i32.load (local.get $counts)))
      (i32.store (local.get $counts) (local.get $sum))
      (local.set $sum (i32.add (local.get $sum) (local.get $count)))
      (br_if $each (i32.lt_u
        (local.tee $counts (i32.add (local.get $counts) (i32.const 4)))
        (local.get $end)))))
  ;; Elements in the order of the digit that stands `shift` bits up.
  (func $pass (param $from i32) (param $to i32) (param $bytes i32) (param $shift i64) (param $counts i32)
    (local $end i32) (local $element i64) (local $at i32) (local $place i32)
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (loop $each
      (local.set $element (i64.load (local.get $from)))
      (local.set $at (i32.add (local.get $counts) (i32.shl
        (i32.and (i32.wrap_i64 (i64.shr_u (local.get $element) (local.get $shift))) (i32.const 255))
        (i32.const 2))))
      (local.set $place (i32.load (local.get $at)))
      (i32.store (local.get $at) (i32.add (local.get $place) (i32.const 1)))
      (i64.store (i32.add (local.get $to) (i32.shl (local.get $place) (i32.const 3))) (local.get $element))
      (br_if $each (i32.lt_u
        (local.tee $from (i32.add (local.get $from) (i32.const 8)))
        (local.get $end)))))
  (func (export "assign")
    (param $numbers i32) (param $count i32)
    (param $targets i32)  ;; as many
    (param $result i32)   ;; as many
    (param $counts i32)   ;; room for 4 · 256 counts
    (param $first i32)    ;; room for as many elements of eight bytes
    (param $second i32)   ;; and again
    (local $i i32) (local $key i32) (local $element i64) (local $at i32) (local $place i32) (local $end i32)
    (memory.fill (local.get $counts) (i32.const 0) (i32.const 4096))
    (loop $each
      (local.set $key (i32.load (i32.add (local.get $numbers) (i32.shl (local.get $i) (i32.const 2)))))
      ;; As unsigned keys the bits of floating-point numbers ascend when those of negative ones are inverted, and the sign of others is;
      ;; inverted again they descend.
      (local.set $key (i32.xor (i32.const -1) (i32.xor (local.get $key)
        (i32.or (i32.shr_s (local.get $key) (i32.const 31)) (i32.const 0x80000000)))))
      (i64.store (i32.add (local.get $first) (i32.shl (local.get $i) (i32.const 3))) (i64.or
        (i64.shl (i64.extend_i32_u (local.get $key)) (i64.const 32))
        (i64.extend_i32_u (local.get $i))))
      (local.set $at (i32.add (local.get $counts) (i32.and (i32.shl (local.get $key) (i32.const 2)) (i32.const 0x3fc))))
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
      (local.set $at (i32.add (local.get $counts) (i32.and (i32.shr_u (local.get $key) (i32.const 6)) (i32.const 0x3fc))))
      (i32.store offset=1024 (local.get $at) (i32.add (i32.load offset=1024 (local.get $at)) (i32.const 1)))
      (local.set $at (i32.add (local.get $counts) (i32.and (i32.shr_u (local.get $key) (i32.const 14)) (i32.const 0x3fc))))
      (i32.store offset=2048 (local.get $at) (i32.add (i32.load offset=2048 (local.get $at)) (i32.const 1)))
      (local.set $at (i32.add (local.get $counts) (i32.and (i32.shr_u (local.get $key) (i32.const 22)) (i32.const 0x3fc))))
      (i32.store offset=3072 (local.get $at) (i32.add (i32.load offset=3072 (local.get $at)) (i32.const 1)))
      (br_if $each (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (local.get $count))))
    (call $sums (local.get $counts))
    (call $sums (i32.add (local.get $counts) (i32.const 1024)))
    (call $sums (i32.add (local.get $counts) (i32.const 2048)))
    (call $sums (i32.add (local.get $counts) (i32.const 3072)))
    (local.set $end (i32.shl (local.get $count) (i32.const 3)))
    (call $pass (local.get $first) (local.get $second) (local.get $end) (i64.const 32) (local.get $counts))
    (call $pass (local.get $second) (local.get $first) (local.get $end) (i64.const 40)
      (i32.add (local.get $counts) (i32.const 1024)))
    (call $pass (local.get $first) (local.get $second) (local.get $end) (i64.const 48)
      (i32.add (local.get $counts) (i32.const 2048)))
    ;; The last pass: targets to where their numbers are.
    (local.set $end (i32.add (local.get $second) (local.get $end)))
    (loop $each
      (local.set $element (i64.load (local.get $second)))
      (local.set $at (i32.add (local.get $counts) (i32.shl
        (i32.wrap_i64 (i64.shr_u (local.get $element) (i64.const 56)))
        (i32.const 2))))
      (local.set $place (i32.load offset=3072 (local.get $at)))
      (i32.store offset=3072 (local.get $at) (i32.add (local.get $place) (i32.const 1)))
      (f32.store
        (i32.add (local.get $result) (i32.shl (i32.wrap_i64 (local.get $element)) (i32.const 2)))
        (f32.load (i32.add (local.get $targets) (i32.shl (local.get $place) (i32.const 2)))))
      (br_if $each (i32.lt_u
        (local.tee $second (i32.add (local.get $second) (i32.const 8)))
        (local.get $end))))))
