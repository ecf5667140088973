/* An animated GIF of what a canvas would show: playground.gif(frames, { width, height, palette, delay }) → Uint8Array.

   frames    arrays of width · height palette indices, row by row from the top left
   palette   at most 256 colours, each [r, g, b] of 0 to 255
   delay     hundredths of a second that a frame stays: one number, or one for each frame
   It plays for ever. The format is GIF89a, its pixels packed by LZW: https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
(() => {
  "use strict";
  const MOST_CODES = 4096; // a code has at most twelve bits
  const PART = 255; // bytes of a sub-block

  /** Bytes in a row; `code(value, bits)` writes bits, lowest first, as LZW's codes are. */
  class Bytes {
    constructor() {
      this.data = new Uint8Array(1 << 12);
      this.length = this.held = this.bits = 0;
    }

    byte(...values) {
      if (this.length + values.length > this.data.length) {
        const more = new Uint8Array(2 * (this.data.length + values.length));
        more.set(this.data);
        this.data = more;
      }
      for (const value of values) this.data[this.length++] = value;
    }

    short(value) { this.byte(value & 255, value >> 8); }

    text(value) { this.byte(...Array.from(value, (letter) => letter.charCodeAt(0))); }

    code(value, bits) {
      this.held |= value << this.bits;
      this.bits += bits;
      for (; this.bits >= 8; this.bits -= 8, this.held >>>= 8) this.byte(this.held & 255);
    }

    flush() { if (this.bits) this.code(0, 8 - this.bits); }

    bytes() { return this.data.subarray(0, this.length); }
  }

  /** The pixels of one frame as LZW's codes, of `depth` bits at first. */
  function pack(pixels, depth) {
    const packed = new Bytes(), clear = 1 << depth, end = clear + 1;
    const longer = new Uint16Array(MOST_CODES << depth); // [a run's code, the next pixel] → the longer run's code, or 0
    let bits = depth + 1, next = end + 1, run = pixels[0];
    packed.code(clear, bits);
    for (let i = 1; i < pixels.length; i++) {
      const at = (run << depth) | pixels[i];
      if (longer[at]) {
        run = longer[at];
        continue;
      }
      packed.code(run, bits);
      if (next < MOST_CODES) {
        longer[at] = next;
        if (next++ === 1 << bits) bits++; // whoever unpacks is one code behind
      } else {
        packed.code(clear, bits);
        longer.fill(0);
        bits = depth + 1;
        next = end + 1;
      }
      run = pixels[i];
    }
    packed.code(run, bits);
    if (next === 1 << bits && bits < 12) bits++; // the last code completed one more run
    packed.code(end, bits);
    packed.flush();
    return packed.bytes();
  }

  function gif(frames, { width, height, palette, delay = 10 }) {
    const depth = Math.max(2, Math.ceil(Math.log2(palette.length)));
    const file = new Bytes();
    file.text("GIF89a");
    file.short(width);
    file.short(height);
    file.byte(0xf0 | (depth - 1), 0, 0); // one palette for all frames, eight bits a colour
    for (let i = 0; i < 1 << depth; i++) file.byte(...(palette[i] || [0, 0, 0]));
    file.byte(0x21, 0xff, 11);
    file.text("NETSCAPE2.0");
    file.byte(3, 1, 0, 0, 0); // again and again
    frames.forEach((pixels, i) => {
      file.byte(0x21, 0xf9, 4, 1 << 2); // the picture stays until the next covers it
      file.short(Math.round(Array.isArray(delay) ? delay[i] : delay));
      file.byte(0, 0, 0x2c, 0, 0, 0, 0);
      file.short(width);
      file.short(height);
      file.byte(0, depth);
      const packed = pack(pixels, depth);
      for (let from = 0; from < packed.length; from += PART) {
        const part = packed.subarray(from, from + PART);
        file.byte(part.length, ...part);
      }
      file.byte(0);
    });
    file.byte(0x3b);
    return file.bytes().slice();
  }

  window.playground.gif = gif;
})();
