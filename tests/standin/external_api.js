/* The stand-in's own small version of the script an embedding page loads from a Jitsi server. */
(() => {
  const origin = new URL(document.currentScript.src).origin;

  window.JitsiMeetExternalAPI = class JitsiMeetExternalAPI {
    constructor(domain, options = {}) {
      this.listeners = new Map();
      const overwrite = options.configOverwrite || {};
      const address = new URL("/" + options.roomName, origin);
      if (options.jwt) address.searchParams.set("jwt", options.jwt);
      if (options.lang) address.searchParams.set("lang", options.lang);
      if (overwrite.startAudioOnly) address.searchParams.set("audioOnly", "1");
      if (overwrite.startWithAudioMuted) address.searchParams.set("audioMuted", "1");
      if (overwrite.startWithVideoMuted) address.searchParams.set("videoMuted", "1");
      if (options.userInfo && options.userInfo.displayName) {
        address.searchParams.set("name", options.userInfo.displayName);
      }
      this.frame = document.createElement("iframe");
      this.frame.allow = "autoplay; camera; clipboard-write; display-capture; microphone";
      this.frame.name = "jitsiConferenceFrame0";
      this.frame.title = "Jitsi Meet";
      this.frame.width = options.width || "100%";
      this.frame.height = options.height || "100%";
      this.frame.dataset.configOverwrite = JSON.stringify(overwrite); // what the page asked for, for tests
      this.frame.src = address.href;
      this.receive = (message) => {
        if (message.source !== this.frame.contentWindow || message.origin !== origin) return;
        if (message.data && message.data.standIn) this.emit(message.data.standIn, message.data.details || {});
      };
      window.addEventListener("message", this.receive);
      (options.parentNode || document.body).appendChild(this.frame);
    }

    addListener(name, listener) {
      this.listeners.set(name, [...(this.listeners.get(name) || []), listener]);
    }

    addEventListener(name, listener) {
      this.addListener(name, listener);
    }

    executeCommand(name, ...values) {
      this.frame.contentWindow.postMessage({ command: name, values }, origin);
    }

    getIFrame() {
      return this.frame;
    }

    dispose() {
      window.removeEventListener("message", this.receive);
      this.listeners.clear();
      this.frame.remove();
    }

    emit(name, details) {
      for (const listener of this.listeners.get(name) || []) listener(details);
    }
  };
})();
