/* The scrubber: one band a person, high where many joints are known. */

class Timeline {
  constructor(canvas, motion) {
    this.canvas = canvas;
    this.motion = motion;
    this.onSeek = () => {};
    canvas.setAttribute("aria-valuemax", motion.frames - 1);
    const seek = (event) => {
      const box = canvas.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      const frame = Math.floor(share * motion.frames);
      this.onSeek(Math.max(0, Math.min(motion.frames - 1, frame)));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      seek(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) seek(event);
    });
  }

  draw(time) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    this.#ruler(context, width, height, style.getPropertyValue("--grid"));
    this.#bands(context, width, height - 14);
    const x = ((time + 0.5) / this.motion.frames) * width;
    context.fillStyle = style.getPropertyValue("--accent");
    context.fillRect(x - 1, 0, 2, height - 12);
    context.beginPath();
    context.arc(x, height - 10, 5.5, 0, 2 * Math.PI);
    context.fill();
    this.canvas.setAttribute("aria-valuenow", Math.round(time));
  }

  #bands(context, width, height) {
    const { people, frames } = this.motion;
    const lane = height / Math.max(people.length, 1);
    people.forEach((person, row) => {
      context.fillStyle = person.colour;
      context.globalAlpha = person.visible ? 0.75 : 0.2;
      const room = Math.min(lane - 2, 20);
      const bottom = row * lane + (lane + room) / 2;
      for (let x = 0; x < width; x++) {
        const known = person.known[Math.floor((x / width) * frames)];
        if (known > 0) context.fillRect(x, bottom - known * room, 1, known * room);
      }
    });
    context.globalAlpha = 1;
  }

  /* Second marks, as many as fit. */
  #ruler(context, width, height, colour) {
    const seconds = this.motion.frames / this.motion.fps;
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
    const step = steps.find((s) => (s / seconds) * width > 54) || 1200;
    context.fillStyle = `rgb(${colour})`;
    context.font = "10px system-ui, sans-serif";
    for (let mark = 0; mark < seconds; mark += step) {
      const x = (mark / seconds) * width;
      context.fillRect(x, height - 12, 1, 4);
      if (x < width - 30) context.fillText(`${+mark.toFixed(1)} s`, x + 3, height - 2);
    }
  }
}
