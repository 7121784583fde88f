/* Draws the surface with WebGL 2: in its colours, as clay, or by its normals. */

const STYLES = ["colours", "clay", "normals", "wires"];
const WIRE = [0.06, 0.09, 0.13];

const VERTEX = `#version 300 es
in vec3 position;
in vec3 normal;
in vec3 colour;
uniform vec3 origin; // of the positions, from what the eye looks at
uniform float step;
uniform mat3 turn; // world to camera axes: x right, y down, z forward
uniform float distance;
uniform vec3 lens; // x and y scale, shift upwards
uniform vec2 range; // nearest and farthest depth
uniform float lift; // how much nearer it counts as, so that wires lie on the surface
centroid out vec3 n;
centroid out vec3 c;
void main() {
  vec3 eye = turn * (origin + step * position);
  eye.z += distance;
  n = turn * normal;
  c = colour;
  float span = range.y - range.x;
  float depth = (eye.z * (range.y + range.x) - 2.0 * range.x * range.y) / span;
  depth -= lift * 2.0 * range.x * range.y / (span * eye.z);
  gl_Position = vec4(lens.x * eye.x, lens.z * eye.z - lens.y * eye.y, depth, eye.z);
}`;

/* The same as in shading.py. */
const FRAGMENT = `#version 300 es
precision highp float;
centroid in vec3 n;
centroid in vec3 c;
uniform int style;
uniform vec4 wire;
uniform vec3 albedo, key, fill;
uniform float key_light, wrap, fill_light, sky, ground, gloss, inside, grazing;
out vec4 pixel;
vec3 clay(vec3 n, float factor) {
  float light = mix(ground, sky, 0.5 - 0.5 * n.y);
  light += key_light * max((dot(n, key) + wrap) / (1.0 + wrap), 0.0);
  light += fill_light * max(dot(n, fill), 0.0);
  float shine = max((dot(n, key) - n.z) / sqrt(2.0 - 2.0 * key.z), 0.0);
  vec3 value = albedo * light + gloss * pow(shine, 16.0);
  return sqrt(min(factor * value, 1.0));
}
void main() {
  vec3 facing = normalize(n);
  bool behind = !gl_FrontFacing && facing.z > grazing;
  if (behind) facing = -facing;
  if (style == 0) pixel = vec4(c, 1.0);
  else if (style == 1) pixel = vec4(clay(facing, behind ? inside : 1.0), 1.0);
  else if (style == 2) pixel = vec4(0.5 + 0.5 * facing * vec3(1.0, -1.0, -1.0), 1.0);
  else pixel = wire;
}`;

class Painter {
  constructor(canvas, surface) {
    this.canvas = canvas;
    this.surface = surface;
    this.gl = canvas.getContext("webgl2", { antialias: true });
    if (this.gl) this.prepare();
  }

  get works() {
    return this.gl !== null;
  }

  /* Hand everything to the graphics card; again when it has lost it. */
  prepare() {
    const { gl, surface } = this;
    const program = gl.createProgram();
    gl.attachShader(program, this.#shader(gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, this.#shader(gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    gl.useProgram(program);
    this.place = (name) => gl.getUniformLocation(program, name);
    this.#attribute(program, "position", surface.positions, gl.UNSIGNED_SHORT, false);
    this.#attribute(program, "normal", surface.normals, gl.FLOAT, false);
    if (surface.colours) {
      this.#attribute(program, "colour", surface.colours, gl.UNSIGNED_BYTE, true);
    }
    this.triangles = this.#indices(surface.indices);
    this.lines = null; // not before somebody asks for them
    for (const [name, value] of Object.entries(surface.clay)) {
      if (Array.isArray(value)) gl.uniform3fv(this.place(name), value);
      else gl.uniform1f(this.place(name), value);
    }
    gl.uniform1f(this.place("step"), surface.step);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
      gl.blendFuncSeparate(
      gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  draw(orbit, style, wires) {
    const { gl } = this;
    this.#look(orbit);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform1i(this.place("style"), STYLES.indexOf(style));
    gl.uniform1f(this.place("lift"), 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.triangles);
    gl.drawElements(gl.TRIANGLES, this.surface.indices.length, gl.UNSIGNED_INT, 0);
    if (wires) this.#wires(orbit);
  }

  #wires(orbit) {
    const { gl, surface } = this;
    if (!this.lines) {
      const edges = surface.edges();
      this.lines = this.#indices(edges);
      this.lineEnds = edges.length;
    }
    const pixels = (surface.edgeLength * orbit.focal) / orbit.distance;
    const strength = Math.max(0.12, Math.min(0.75, pixels / 12)); // not one dark blot
    gl.uniform1i(this.place("style"), STYLES.indexOf("wires"));
    gl.uniform4f(this.place("wire"), ...WIRE, strength);
    gl.uniform1f(this.place("lift"), (3 * orbit.distance) / orbit.focal); // 3 pixels
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.lines);
    gl.drawElements(gl.LINES, this.lineEnds, gl.UNSIGNED_INT, 0);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }

  #look(orbit) {
    const { gl, canvas, surface } = this;
    const ratio = Math.min(window.devicePixelRatio || 1, 2.5);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
    }
    gl.viewport(0, 0, ...size);
    orbit.update();
    const { right, down, forward, target, distance, focal } = orbit;
    const between = surface.centre.map((value, axis) => value - target[axis]);
    const depth = distance
      + between.reduce((sum, value, axis) => sum + value * forward[axis], 0);
    const far = Math.max(depth + 1.01 * surface.radius, 0.02 * surface.radius);
    const near = Math.max(depth - 1.01 * surface.radius, 0.01 * surface.radius);
    gl.uniform3fv(this.place("origin"),
      surface.origin.map((value, axis) => value - target[axis]));
    gl.uniformMatrix3fv(this.place("turn"), false,
      [0, 1, 2].flatMap((axis) => [right[axis], down[axis], forward[axis]]));
    gl.uniform1f(this.place("distance"), distance);
    gl.uniform3f(this.place("lens"), (2 * focal) / width, (2 * focal) / height,
      1 - (2 * orbit.middle) / height);
    gl.uniform2f(this.place("range"), near, far);
  }

  #shader(kind, text) {
    const shader = this.gl.createShader(kind);
    this.gl.shaderSource(shader, text);
    this.gl.compileShader(shader);
    const fault = this.gl.getShaderInfoLog(shader);
    if (fault) throw new Error(fault);
    return shader;
  }

  #attribute(program, name, numbers, type, normalised) {
    const { gl } = this;
    const index = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(index);
    gl.vertexAttribPointer(index, 3, type, normalised, 0, 0);
  }

  #indices(numbers) {
    const { gl } = this;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
    return buffer;
  }
}
