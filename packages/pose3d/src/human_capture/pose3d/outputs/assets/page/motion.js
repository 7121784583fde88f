/* The recorded motion, unpacked from the page. Metres, z up. */

class Motion {
  constructor(data) {
    Object.assign(this, data);
    const joints = this.joints.length;
    this.ears = this.#pair("ear");
    const neck = /^(neck|thorax)$/; // where there is one, a bone reaches the head
    this.shoulders = this.joints.some((name) => neck.test(name))
      ? null : this.#pair("shoulder");
    for (const person of this.people) {
      person.visible = true;
      person.positions = new Int16Array(bytes(person.positions));
      person.confidence = new Uint8Array(bytes(person.confidence));
      person.filled = new Uint8Array(bytes(person.filled));
      person.error = person.error && new Uint16Array(bytes(person.error));
      person.known = new Float32Array(this.frames); // share of joints, for the timeline
      for (let n = 0; n < this.frames * joints; n++) {
        if (this.#isKnown(person, n)) person.known[Math.floor(n / joints)] += 1 / joints;
      }
    }
  }

  /* Position [x, y, z] of a joint, or null; between frames it is interpolated. */
  position(person, time, joint) {
    const frame = Math.floor(time);
    const first = this.#stored(person, frame, joint);
    const share = time - frame;
    if (!first || share === 0) return first;
    const second = this.#stored(person, Math.min(frame + 1, this.frames - 1), joint);
    return second && first.map((value, axis) => value + share * (second[axis] - value));
  }

  /* Everything known about one joint in one frame. */
  facts(person, frame, joint) {
    const n = frame * this.joints.length + joint;
    return {
      position: this.#stored(person, frame, joint),
      confidence: person.confidence[n] / 255,
      filled: person.filled[n] === 1,
      errorInPixels: person.error && person.error[n] < 65535 ? person.error[n] / 10 : null,
    };
  }

  isFilled(person, frame, joint) {
    return person.filled[frame * this.joints.length + joint] === 1;
  }

  /* Middle of all visible joints, or null when nobody is there. */
  middle(time) {
    const sum = [0, 0, 0];
    let count = 0;
    for (const person of this.people) {
      if (!person.visible) continue;
      for (let joint = 0; joint < this.joints.length; joint++) {
        const position = this.position(person, time, joint);
        if (!position) continue;
        position.forEach((value, axis) => { sum[axis] += value; });
        count += 1;
      }
    }
    return count ? sum.map((value) => value / count) : null;
  }

  /* Positions of the left and right joint of that name, or null. */
  #pair(name) {
    const pair = [`left_${name}`, `right_${name}`].map((n) => this.joints.indexOf(n));
    return pair.includes(-1) ? null : pair;
  }

  #isKnown(person, n) {
    return person.positions[3 * n] !== -32768;
  }

  #stored(person, frame, joint) {
    const n = frame * this.joints.length + joint;
    if (!this.#isKnown(person, n)) return null;
    const at = (axis) => person.positions[3 * n + axis] * this.step + this.origin[axis];
    return [at(0), at(1), at(2)];
  }
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}
