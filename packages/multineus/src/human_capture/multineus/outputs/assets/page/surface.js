/* The mesh, unpacked from the page. Metres, z up, the face looks along -y. */

class Surface {
  constructor(data) {
    const { origin, step, clay } = data;
    Object.assign(this, { origin, step, clay });
    this.positions = new Uint16Array(bytes(data.positions)); // in steps from the origin
    this.indices = new Uint32Array(bytes(data.indices));
    this.colours = data.colours && new Uint8Array(bytes(data.colours));
    this.normals = this.#normals();
    const [low, high] = this.#bounds();
    this.centre = low.map((value, axis) => (value + high[axis]) / 2);
    this.radius = Math.hypot(...low.map((value, axis) => high[axis] - value)) / 2;
    this.edgeLength = this.#edgeLength();
  }

  /* Position [x, y, z] of a vertex. */
  position(vertex) {
    return this.origin.map(
      (value, axis) => value + this.step * this.positions[3 * vertex + axis]);
  }

  /* Both ends of every edge, each edge once. */
  edges() {
    const { indices } = this;
    const known = new Set();
    const ends = [];
    for (let n = 0; n < indices.length; n++) {
      const [from, to] = [indices[n], indices[n % 3 === 2 ? n - 2 : n + 1]];
      const key = Math.min(from, to) * 4294967296 + Math.max(from, to);
      if (known.has(key)) continue;
      known.add(key);
      ends.push(from, to);
    }
    return new Uint32Array(ends);
  }

  /* How far away an eye must be to see every vertex from all these azimuths.

     A vertex that is to the right by x, up by z and nearer by n is in the window if
     |x| <= across * (distance - n), and likewise for z. */
  fittingDistance(azimuths, across, upright) {
    const { positions, step } = this;
    const middle = this.centre.map((value, axis) => (value - this.origin[axis]) / step);
    let needed = 0;
    for (const azimuth of azimuths) {
      const [sin, cos] = [Math.sin(azimuth), Math.cos(azimuth)];
      for (let n = 0; n < positions.length; n += 3) {
        const [x, y] = [positions[n] - middle[0], positions[n + 1] - middle[1]];
        const beside = Math.abs(x * cos + y * sin) / across;
        const above = Math.abs(positions[n + 2] - middle[2]) / upright;
        const distance = (beside > above ? beside : above) + x * sin - y * cos;
        if (distance > needed) needed = distance;
      }
    }
    return needed * step;
  }

  /* Means over the triangles around each vertex, weighted by their areas. */
  #normals() {
    const { positions: p, indices } = this;
    const normals = new Float32Array(p.length);
    for (let n = 0; n < indices.length; n += 3) {
      const [i, j, k] = [3 * indices[n], 3 * indices[n + 1], 3 * indices[n + 2]];
      const [ax, ay, az] = [p[j] - p[i], p[j + 1] - p[i + 1], p[j + 2] - p[i + 2]];
      const [bx, by, bz] = [p[k] - p[i], p[k + 1] - p[i + 1], p[k + 2] - p[i + 2]];
      const [x, y, z] = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
      for (const corner of [i, j, k]) {
        normals[corner] += x;
        normals[corner + 1] += y;
        normals[corner + 2] += z;
      }
    }
    for (let n = 0; n < normals.length; n += 3) {
      const length = Math.hypot(normals[n], normals[n + 1], normals[n + 2]) || 1;
      for (let axis = 0; axis < 3; axis++) normals[n + axis] /= length;
    }
    return normals;
  }

  #bounds() {
    const [low, high] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
    for (let n = 0; n < this.positions.length; n++) {
      const [axis, value] = [n % 3, this.positions[n]];
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
    return [low, high].map((corner) =>
      corner.map((value, axis) => this.origin[axis] + this.step * value));
  }

  /* Median over some triangles' first edges. */
  #edgeLength() {
    const lengths = [];
    const stride = 3 * Math.ceil(this.indices.length / 3000);
    for (let n = 0; n + 1 < this.indices.length; n += stride) {
      const [from, to] = [this.position(this.indices[n]), this.position(this.indices[n + 1])];
      lengths.push(Math.hypot(...from.map((value, axis) => value - to[axis])));
    }
    lengths.sort((first, second) => first - second);
    return lengths[lengths.length >> 1];
  }
}

function bytes(base64) {
  const letters = atob(base64);
  const numbers = new Uint8Array(letters.length);
  for (let n = 0; n < letters.length; n++) numbers[n] = letters.charCodeAt(n);
  return numbers.buffer;
}
