/* How an experiment keeps to the text at the top of the attention tab: playground.besideHero.

   besideHero({ run, element, shown, look })
     run     id of the experiment's Run button: pressed for the reader when the hero shows a text that `shown()` is not of
     shown   the value on screen, with its settings and tokens, or null
     look    called with the position, among shown().tokens, of the token that the tab looks at */
(() => {
  "use strict";
  const { on, attention } = window.playground;

  function besideHero({ run, element, shown, look }) {
    let asked = null; // the hero's run for which Run was pressed

    const same = () => Boolean(window.playground.attentionTo(shown()?.settings));

    function keep() {
      const hero = attention.frame();
      if (!hero || asked === hero || !element.offsetParent) return;
      const button = document.getElementById(run);
      if (!button) { requestAnimationFrame(keep); return; } // Gradio mounts what is seen part by part
      asked = hero;
      if (!same()) button.click();
    }

    /** Of a long text an experiment may read the last tokens only; an encoder's reads the first. */
    function follow(query) {
      if (query < 0 || !same()) return;
      const { tokens, causal } = shown();
      const position = query - (causal ? attention.frame().tokens.length - tokens.length : 0);
      if (position >= 0 && position < tokens.length) look(position);
    }

    new IntersectionObserver(keep).observe(element);
    on("attention.frame", keep, element);
    on("attention.query", follow, element);
  }

  Object.assign(window.playground, { besideHero });
})();
