;; The anchor scan (see anchor-scan.ts): the same two steps as the JavaScript lane, on the same tables.
;;
;; Memory: 0x00000 pairs, 0x10000 after, 0x20000 before (64 KiB each), 0x30000 around (256 KiB); 0x70000 places found; 0x90000
;; the text, behind two bytes that stand before it. A window has at most 64 KiB, and 16 bytes behind it may be read.
(module
  (memory (export "memory") 11)

  ;; Finds the places in [start, end) whose pair is an anchor with a fitting neighbour. Writes each as a 16-bit offset from
  ;; start to 0x70000 and answers how many there are. Clears the text.
  (func (export "scan") (param $start i32) (param $end i32) (result i32)
    (local $at i32) (local $out i32) (local $kept i32) (local $read i32) (local $four i32)
    (local.set $at (local.get $start))
    (local.set $out (i32.const 0x70000))
    ;; Step one, without a branch: every place is written, and only those of anchors are kept.
    (block $none
      (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
      (loop $pairs
        (i32.store16 (local.get $out) (i32.sub (local.get $at) (local.get $start)))
        (local.set $out (i32.add (local.get $out)
          (i32.shl (i32.load8_u (i32.load16_u (local.get $at))) (i32.const 1))))
        (i32.store16 (local.get $out) (i32.sub (i32.add (local.get $at) (i32.const 2)) (local.get $start)))
        (local.set $out (i32.add (local.get $out)
          (i32.shl (i32.load8_u (i32.load16_u offset=2 (local.get $at))) (i32.const 1))))
        (i32.store16 (local.get $out) (i32.sub (i32.add (local.get $at) (i32.const 4)) (local.get $start)))
        (local.set $out (i32.add (local.get $out)
          (i32.shl (i32.load8_u (i32.load16_u offset=4 (local.get $at))) (i32.const 1))))
        (i32.store16 (local.get $out) (i32.sub (i32.add (local.get $at) (i32.const 6)) (local.get $start)))
        (local.set $out (i32.add (local.get $out)
          (i32.shl (i32.load8_u (i32.load16_u offset=6 (local.get $at))) (i32.const 1))))
        (br_if $pairs (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 8)))
          (local.get $end)))))
    ;; Step two: a byte beside the pair must fit.
    (local.set $read (i32.const 0x70000))
    (local.set $kept (i32.const 0x70000))
    (block $done
      (loop $places
        (br_if $done (i32.ge_u (local.get $read) (local.get $out)))
        (local.set $at (i32.add (local.get $start) (i32.load16_u (local.get $read))))
        (i32.store16 (local.get $kept) (i32.load16_u (local.get $read)))
        ;; The byte before the pair, the pair, the byte after it.
        (local.set $four (i32.load (i32.sub (local.get $at) (i32.const 1))))
        (local.set $kept (i32.add (local.get $kept) (i32.shl
          (i32.or (i32.or
            (i32.load8_u offset=0x10000 (i32.shr_u
              (i32.mul (i32.shr_u (local.get $four) (i32.const 8)) (i32.const 0x9e3779b1)) (i32.const 16)))
            (i32.load8_u offset=0x20000 (i32.shr_u
              (i32.mul (i32.and (local.get $four) (i32.const 0xffffff)) (i32.const 0x9e3779b1)) (i32.const 16))))
            (i32.load8_u offset=0x30000 (i32.shr_u
              (i32.mul (local.get $four) (i32.const 0x9e3779b1)) (i32.const 14))))
          (i32.const 1))))
        (local.set $read (i32.add (local.get $read) (i32.const 2)))
        (br $places)))
    (memory.fill (i32.sub (local.get $start) (i32.const 2)) (i32.const 0)
      (i32.add (i32.sub (local.get $end) (local.get $start)) (i32.const 18)))
    (i32.shr_u (i32.sub (local.get $kept) (i32.const 0x70000)) (i32.const 1))))
